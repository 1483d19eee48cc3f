import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

import { SensorError } from "../errors.ts";

/**
 * Runs ffmpeg on what is written to its standard input.
 *
 * @param feed Writes everything; awaits each write.
 * @throws {SensorError} If there is no ffmpeg, or it refuses; the message says what to do.
 */
export async function runFfmpeg(
  args: readonly string[],
  feed: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const child = spawn("ffmpeg", ["-v", "error", "-y", ...args], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  const said = text(child.stderr);
  let failure: NodeJS.ErrnoException | undefined;
  const ended = new Promise<number>((resolve) => {
    child.once("error", (cause) => {
      failure = cause;
      resolve(-1);
    });
    child.once("close", (code) => resolve(code ?? -1));
  });
  // Told by its exit: whoever writes to what has ended only hears that it has.
  child.stdin.on("error", () => undefined);
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (child.stdin.destroyed || child.exitCode !== null || failure !== undefined) return;
    if (child.stdin.write(bytes)) return;
    // It may refuse to read on while we wait: that is told by its exit, in its own words.
    await Promise.race([once(child.stdin, "drain").catch(() => undefined), ended]);
  };
  try {
    await feed(write);
  } catch (cause) {
    child.kill();
    await ended;
    throw cause;
  }
  child.stdin.end();
  const code = await ended;
  if (code === 0) return;
  if (failure?.code === "ENOENT")
    throw new SensorError(
      "export",
      "expected ffmpeg for pictures, got none: install ffmpeg (Debian: apt-get install ffmpeg)",
    );
  throw new SensorError("export", `expected ffmpeg to take it, got: ${(await said).trim()}`);
}
