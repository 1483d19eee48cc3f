import { MCAP_MAGIC } from "@mcap/core";

import { LogError } from "../errors.ts";
import { openLog } from "./LogSource.ts";
import { isFolder, segmentsIn } from "./segments.ts";

/**
 * The newest file of a log that has begun; undefined where there is none: no such file or folder, or a crash came
 * before the first bytes were written.
 *
 * @throws {LogError} If what is there cannot be read.
 */
export async function begunFile(path: string): Promise<string | undefined> {
  const files = (await isFolder(path)) ? (await segmentsIn(path)).toReversed() : [path];
  for (const file of files) if (await hasBegun(file)) return file;
  return undefined;
}

async function hasBegun(file: string): Promise<boolean> {
  try {
    await using bytes = await openLog(file);
    const start = await bytes.read(0, MCAP_MAGIC.length);
    return start.byteLength === MCAP_MAGIC.length || !isMagic(start);
  } catch (error) {
    const { cause } = error instanceof LogError ? error : { cause: undefined };
    if (Reflect.get(Object(cause), "code") === "ENOENT") return false;
    throw error;
  }
}

/** Whether a file that begins so may be a log that is yet to begin; what is something else is told as that. */
function isMagic(start: Uint8Array): boolean {
  return start.every((byte, at) => byte === MCAP_MAGIC[at]);
}
