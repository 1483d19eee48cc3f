import { type FileHandle, open } from "node:fs/promises";

import { LogError } from "../errors.ts";
import { FileBytes } from "./LogSource.ts";
import { recoverLayout } from "./recoverLayout.ts";
import { filesOf } from "./segments.ts";
import { systemProblem } from "./systemProblem.ts";
import { WriterLock } from "./WriterLock.ts";
import { writeFully } from "./writeFully.ts";
import { zstdReady } from "./zstd.ts";

/** What `recoverLog` found and did. */
export interface LogRecovery {
  /** Whether the log was as a proper close leaves it, so that nothing was changed. */
  readonly wasClosed: boolean;
  /** Records in the log now. */
  readonly records: number;
  /** Bytes after the last complete chunk that were cut off. */
  readonly droppedBytes: number;
}

/**
 * Repairs a log that a crash left without its end; of a folder of segments, each that is.
 *
 * Cuts a file after its last complete chunk and closes it there, so that every MCAP reader takes it. A
 * closed one is left as it is, but for indices that are wrong.
 *
 * @throws {LogError} If a file cannot be opened for writing, is no log of ours or was closed and is damaged, or
 *   somebody writes to it.
 */
export async function recoverLog(path: string): Promise<LogRecovery> {
  // A writer at work would go on beyond what is cut off, and leave a hole.
  await using _lock = await WriterLock.take(path);
  let all: LogRecovery = { wasClosed: true, records: 0, droppedBytes: 0 };
  for (const file of await filesOf(path)) {
    const { wasClosed, records, droppedBytes } = await recoverFile(String(file));
    all = {
      wasClosed: all.wasClosed && wasClosed,
      records: all.records + records,
      droppedBytes: all.droppedBytes + droppedBytes,
    };
  }
  return all;
}

async function recoverFile(path: string): Promise<LogRecovery> {
  await zstdReady;
  const handle = await openForRepair(path);
  try {
    const { size } = await handle.stat();
    const { layout, keep, missing, wrong, closed, records } = await recoverLayout(
      new FileBytes(handle),
      path,
    );
    for (const { at, bytes } of wrong) await writeFully(handle, bytes, at);
    if (closed) return { wasClosed: wrong.length === 0, records, droppedBytes: 0 };
    await handle.truncate(keep);
    await writeFully(handle, missing, keep);
    let end = keep + missing.byteLength;
    for await (const piece of layout.end(new FileBytes(handle), path)) {
      await writeFully(handle, piece, end);
      end += piece.byteLength;
    }
    await handle.datasync();
    return { wasClosed: false, records, droppedBytes: size - keep };
  } finally {
    await handle.close();
  }
}

async function openForRepair(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch (cause) {
    throw new LogError(path, `expected a writable log file, got ${systemProblem(cause)}`, {
      cause,
    });
  }
}
