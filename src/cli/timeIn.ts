import { InvalidArgumentError } from "commander";

import { readLog } from "../log/readLog.ts";
import { recordingStart } from "../pipeline/readRecording.ts";
import { type Micros, micros, millis } from "../units.ts";

/** A time in a recording that is not known yet: give it where second 0 is. */
export type TimeIn = (start: Micros) => Micros;

/**
 * A time in a recording as a person writes it: `12.3s` from its start (`startOf`), or a date.
 *
 * @throws {InvalidArgumentError} If the text is neither.
 */
export function timeIn(text: string): TimeIn {
  const [, offset] = /^(\d+(?:\.\d+)?)s?$/.exec(text) ?? [];
  if (offset !== undefined) return (start) => micros(start + Number(offset) * 1e6);
  const date = Date.parse(text);
  if (Number.isNaN(date))
    throw new InvalidArgumentError(`expected 12.3s or 2026-01-31T12:00:00Z, got ${text}`);
  return () => millis(date);
}

/**
 * Second 0 of a recording, the same for all commands and files of labels: where its grid starts; of a log
 * that has none its first frame, or its first record.
 *
 * @throws {LogError} If it is no log.
 */
export async function startOf(log: string): Promise<Micros> {
  for await (const record of readLog(log)) {
    if (record.kind === "CONFIG") return record.origin;
    if (record.kind === "DATA") return recordingStart(log);
  }
  return micros(0);
}
