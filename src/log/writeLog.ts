import { access, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

import { DrivenClock } from "../clock/DrivenClock.ts";
import { LogError } from "../errors.ts";
import { micros } from "../units.ts";
import type { LogRecord } from "./LogRecord.ts";
import { LogWriter } from "./LogWriter.ts";
import { WriterLock } from "./WriterLock.ts";

/** How a whole log is written. */
export interface WriteLogOptions {
  /** The recording's own metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What to do with a log that exists: refuse it (default), or put the new one in its place. */
  readonly existing?: "refuse" | "replace";
  /** Gives up; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** Bytes that may wait for the disk; more would pile up before a slow one. */
const MOST_WAITING = 4 * 1024 * 1024;

/**
 * Writes a whole log at once: a cut, a merger, an import, a corrected copy.
 *
 * It is written beside its place, synced, and put there by renaming: a crash leaves the old file or the new
 * one, never a part. The same records give the same bytes.
 *
 * @param records In the order in which they are to be read; log times never decrease.
 * @returns How many there were.
 * @throws {LogError} If the log exists and is refused, cannot be written, log times go back, or
 *   somebody writes to it.
 * @throws The signal's reason, when it aborts.
 */
export async function writeLog(
  path: string,
  records: AsyncIterable<LogRecord> | Iterable<LogRecord>,
  { metadata = {}, existing = "refuse", signal }: WriteLogOptions = {},
): Promise<number> {
  // Whoever writes to the log that is replaced would write on into a file that nobody finds any more.
  await using _lock = await WriterLock.take(path);
  if (existing === "refuse" && (await isThere(path)))
    throw new LogError(path, "expected no file there, got one: name another, or remove it");
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  let failure: LogError | undefined;
  let count = 0;
  try {
    {
      const clock = new DrivenClock(micros(0));
      await using log = await LogWriter.open(part, {
        ...{ clock, metadata, existing: "replace" as const },
        onFailure: (error) => {
          failure = error;
        },
      });
      for await (const record of records) {
        signal?.throwIfAborted();
        if (record.logTime < clock.now())
          throw new LogError(
            path,
            `expected log times that never go back, got ${record.logTime} after ${clock.now()}`,
          );
        // The clock gives the log times, as where they were first written.
        if (record.logTime > clock.now()) clock.advance(record.logTime);
        log.append(record);
        count++;
        // Not a flush: that would close a chunk where this disk happened to be slow.
        if (log.status.backlogBytes > MOST_WAITING) await log.drained();
      }
    }
    if (failure !== undefined) throw failure;
    await rename(part, path);
    await syncFolder(dirname(path));
    return count;
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A renamed file is in its place for good once its folder is on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  // Not every system syncs folders.
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
