import { DrivenClock } from "../clock/DrivenClock.ts";
import { LogError } from "../errors.ts";
import type { Label } from "../frames/EventSpan.ts";
import { micros } from "../units.ts";
import { CONTINUES, fileMetadata, startMetadata } from "./fileMetadata.ts";
import type { LogRecord } from "./LogRecord.ts";
import { LogWriter } from "./LogWriter.ts";
import { logInfo } from "./logInfo.ts";
import { readLog } from "./readLog.ts";
import { filesOf, isFolder } from "./segments.ts";
import { writeLog } from "./writeLog.ts";

/**
 * Puts labels on record at the end of a log, whenever they happened. What follows from the log stays the same.
 *
 * All that was there before stays where it is, so a crash loses these labels at most; what a crash left
 * without its end is repaired on the way.
 *
 * @throws {LogError} If it is no log, cannot be written, or somebody writes to it: a running pipeline takes
 *   labels itself.
 */
export async function appendLabels(path: string, labels: readonly Label[]): Promise<void> {
  if (labels.length === 0) return;
  const notes = await notesOf(path);
  const { to = micros(0) } = await logInfo(path);
  let failure: LogError | undefined;
  {
    const clock = new DrivenClock(to);
    await using log = await LogWriter.open(path, {
      ...{ clock, existing: "append" as const },
      onFailure: (error) => {
        failure = error;
      },
    });
    // What was noted at the end is cut off with it.
    log.note(notes);
    for (const label of labels) log.append({ kind: "LABEL", logTime: to, label });
  }
  if (failure !== undefined) throw failure;
}

/** What the last file of a log says at its end, and not at its start. */
async function notesOf(path: string): Promise<Readonly<Record<string, string>>> {
  const { metadata } = await fileMetadata(path);
  const start = await startMetadata((await filesOf(path)).at(-1) ?? path);
  return Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => start[name] !== value && name !== CONTINUES),
  );
}

/**
 * Takes labels off the record: the log is written anew beside its place, and put there when it is whole.
 *
 * @param isWrong Says which.
 * @param signal Gives up; the log stays as it was.
 * @returns The labels that are gone.
 * @throws {LogError} If it is no log or a folder of segments, which are never written anew.
 * @throws The signal's reason, when it aborts.
 */
export async function removeLabels(
  path: string,
  isWrong: (label: Label) => boolean,
  signal?: AbortSignal,
): Promise<readonly Label[]> {
  if (await isFolder(path))
    throw new LogError(
      path,
      "expected a log in one file, got a folder of segments: sensorium cut makes one file of it",
    );
  const { metadata } = await fileMetadata(path);
  const gone: Label[] = [];
  await writeLog(path, without(path, isWrong, gone), {
    ...{ metadata, existing: "replace" as const },
    ...(signal !== undefined && { signal }),
  });
  return gone;
}

async function* without(
  path: string,
  isWrong: (label: Label) => boolean,
  gone: Label[],
): AsyncGenerator<LogRecord> {
  // Where labels are missing now, counted as checkpoints count: by records that are none themselves.
  const places: number[] = [];
  let plain = 0;
  for await (const record of readLog(path)) {
    if (record.kind === "CHECKPOINT") {
      const lost = places.filter((place) => place > plain - record.back).length;
      yield { ...record, back: record.back - lost };
      continue;
    }
    plain++;
    if (record.kind === "LABEL" && isWrong(record.label)) {
      places.push(plain);
      gone.push(record.label);
    } else yield record;
  }
}
