import { type FileHandle, open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

import { SensorError } from "../../src/sensing.ts";

/** How often a file is looked at for something new. */
const LOOK_MS = 20;
const PIECE = 65_536;

/**
 * What is added to a file from now on, without end, as `tail -F` gives it: a file that is replaced or cut
 * short is read anew from its beginning.
 *
 * @throws {SensorError} If there is no such file to begin with.
 */
export async function followFile(path: string, signal: AbortSignal): Promise<Readable> {
  const handle = await open(path).catch((cause: unknown) => {
    throw new SensorError(path, "expected a file that can be read", { cause });
  });
  const { size } = await handle.stat();
  return Readable.from(added(path, handle, size, signal), { objectMode: false });
}

async function* added(
  path: string,
  first: FileHandle,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let [handle, at] = [first, from];
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(PIECE), 0, PIECE, at);
      at += bytesRead;
      if (bytesRead > 0) {
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      const [now, ours] = await Promise.all([stat(path).catch(() => undefined), handle.stat()]);
      if (now !== undefined && (now.ino !== ours.ino || now.size < at)) {
        const next = await open(path).catch(() => undefined);
        if (next !== undefined) {
          await handle.close();
          [handle, at] = [next, 0];
          continue;
        }
      }
      await pause(LOOK_MS, undefined, { signal });
    }
  } finally {
    await handle.close();
  }
}
