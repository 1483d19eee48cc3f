import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { z } from "zod";

import { ConfigError } from "../errors.ts";
import { systemProblem } from "../log/systemProblem.ts";
import type { CurveGuardOptions } from "../wire/CurveGuard.ts";
import { type CurveKeys, isCurveKey } from "../wire/CurveKeys.ts";

const KEYS = z.strictObject({
  publicKey: z.string().refine(isCurveKey),
  secretKey: z.string().refine(isCurveKey),
});

/**
 * Writes a key pair to `path`, for nobody but the owner to read, and its public key to `path.pub`.
 *
 * @throws {ConfigError} If one of the files exists or cannot be written.
 */
export function writeKeyFiles(path: string, keys: CurveKeys): void {
  write(path, `${JSON.stringify(keys, undefined, 2)}\n`, 0o600);
  try {
    write(`${path}.pub`, `${keys.publicKey}\n`, 0o644);
  } catch (error) {
    // Half a pair would be in the way of the next attempt.
    rmSync(path);
    throw error;
  }
}

/**
 * The key pair that `sensorium keys` wrote.
 *
 * @throws {ConfigError} If there is none, or others on this machine could have read it.
 */
export function readKeyFile(path: string): CurveKeys {
  const text = read(path);
  const others = statSync(path).mode & 0o077;
  if (others !== 0 && process.platform !== "win32")
    throw new ConfigError(
      path,
      `expected a file that only its owner can read, got one that others can: chmod 600 ${path}`,
    );
  try {
    return KEYS.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConfigError(path, "expected the keys that sensorium keys wrote, got something else", {
      cause,
    });
  }
}

/**
 * A public key: as it is, or in a `.pub` file.
 *
 * @throws {ConfigError} If it is neither.
 */
export function readPublicKey(keyOrPath: string): string {
  if (isCurveKey(keyOrPath)) return keyOrPath;
  const key = read(keyOrPath).trim();
  if (!isCurveKey(key))
    throw new ConfigError(keyOrPath, "expected a public key of 40 characters, got something else");
  return key;
}

/**
 * The list of those who may connect: a public key and, if you like, a name on each line. Lines that start
 * with `# ` are comments; several `.pub` files one after the other are such a list.
 *
 * @returns Names by key.
 * @throws {ConfigError} If a line is none of these; the message says which.
 */
export function readAllowList(path: string): ReadonlyMap<string, string> {
  const allowed = new Map<string, string>();
  for (const [index, line] of read(path).split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("# ")) continue;
    const [key = "", ...name] = line.trim().split(/\s+/);
    if (!isCurveKey(key))
      throw new ConfigError(`${path}, line ${index + 1}`, `expected a public key, got ${key}`);
    allowed.set(key, name.join(" ") || `line ${index + 1}`);
  }
  return allowed;
}

/**
 * What `--curve-secret` and `--allow` ask for.
 *
 * @throws {ConfigError} If a file is not what it should be, or there is a list without a secret.
 */
export function curveOptions(flags: { readonly curveSecret?: string; readonly allow?: string }): {
  readonly curve?: CurveGuardOptions;
} {
  const { curveSecret, allow } = flags;
  if (curveSecret === undefined && allow === undefined) return {};
  if (curveSecret === undefined)
    throw new ConfigError("--allow", "expected --curve-secret with it, got none");
  const allowed = allow === undefined ? new Map<string, string>() : readAllowList(allow);
  return { curve: { keys: readKeyFile(curveSecret), allowed } };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(path, `expected a file to read, got ${systemProblem(cause)}`, { cause });
  }
}

function write(path: string, text: string, mode: number): void {
  try {
    writeFileSync(path, text, { flag: "wx", mode });
  } catch (cause) {
    throw new ConfigError(path, `expected a new file to write to, got ${systemProblem(cause)}`, {
      cause,
    });
  }
}
