import { createRequire } from "node:module";

import { DeviceError } from "../../errors.ts";
import { tf } from "../tf.ts";

/** Native tfjs backends a user may have installed beside us, best first. */
const packages = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"] as const;

/** Name under which both register themselves. */
const NATIVE_BACKEND = "tensorflow";

let loading: Promise<string> | undefined;

/**
 * Makes the best tfjs backend there is the active one: native when a user has installed it, else the
 * one that is registered already (wasm if the program imported it, or the plain CPU backend).
 *
 * @returns The name of the active backend.
 * @throws {DeviceError} If a native package is installed but does not load.
 */
export function loadNativeTfjs(): Promise<string> {
  loading ??= activate();
  return loading;
}

async function activate(): Promise<string> {
  const require = createRequire(import.meta.url);
  for (const name of packages) {
    if (!isInstalled(require, name)) continue;
    polyfillUtil(require("node:util"));
    try {
      await import(name);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new DeviceError(
        "tfjs",
        `expected ${name} to load, got: ${problem}; rebuild it for this Node.js, or remove it to use tfjs's own CPU backend`,
        { cause },
      );
    }
    if (tf.findBackend(NATIVE_BACKEND) === null)
      throw new DeviceError(
        "tfjs",
        `expected ${name} to register with our tfjs ${tf.version["tfjs-core"]}, got a copy of its own; install the same version of both`,
      );
    await tf.setBackend(NATIVE_BACKEND);
    return NATIVE_BACKEND;
  }
  await tf.ready();
  return tf.getBackend();
}

function isInstalled(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    // Not there: the next candidate, or tfjs's own backend.
    return false;
  }
}

/** tfjs-node 4.22, the last release, calls two functions that Node 23 removed. */
function polyfillUtil(util: Record<string, unknown>): void {
  util["isNullOrUndefined"] ??= (value: unknown): boolean => value === null || value === undefined;
  util["isArray"] ??= Array.isArray;
}
