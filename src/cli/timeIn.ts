import { InvalidArgumentError } from "commander";

import { ConfigError } from "../errors.ts";
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

/** Instants between which a part of a recording lies; open where there is none. */
export interface PartIn {
  readonly from?: Micros;
  readonly to?: Micros;
}

/**
 * The part of a recording that two times name.
 *
 * @param isGrowing Whether what is not there yet may still come.
 * @throws {ConfigError} If they are no part of it: nothing was recorded there.
 * @throws {LogError} If it is no log.
 */
export async function partIn(
  log: string,
  { from, to }: { readonly from?: TimeIn | undefined; readonly to?: TimeIn | undefined },
  isGrowing = false,
): Promise<PartIn> {
  if (from === undefined && to === undefined) return {};
  const start = await startOf(log);
  const part = {
    ...(from !== undefined && { from: from(start) }),
    ...(to !== undefined && { to: to(start) }),
  };
  if (part.from !== undefined && part.to !== undefined && part.from >= part.to)
    throw new ConfigError(
      log,
      "expected --from before --to, got a part that ends before it begins",
    );
  if (isGrowing) return part;
  for await (const _ of readLog(log, part)) return part;
  throw new ConfigError(
    log,
    "expected --from and --to within the recording, got a part in which nothing was recorded",
  );
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
