import { ConfigError } from "../errors.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { Micros } from "../units.ts";
import type { LogRecord } from "./LogRecord.ts";
import type { LogSource } from "./LogSource.ts";
import { readLog } from "./readLog.ts";
import { recordStream } from "./recordStream.ts";
import { restated, StandingRecords } from "./StandingRecords.ts";

/** Which part of a log is cut out. */
export interface CutOptions {
  /** Records appended before this are left out; log time. From the log's start unless given. */
  readonly from?: Micros;
  /** Records appended from here on are left out. To its end unless given. */
  readonly to?: Micros;
  /** Streams that are kept; all unless given. */
  readonly streams?: readonly string[];
}

/**
 * A part of a log as a log of its own.
 *
 * It begins with what was in force there, said again: its grid starts at the first instant of the part, and row
 * ids stay what they are. Labels are kept by when they happened, not by when they were told: whole, if any of
 * them falls within. Checkpoints are left out: what follows from the part follows from its records alone.
 *
 * @throws {ConfigError} While reading, if a stream is none of the log's.
 * @throws {LogError} While reading, if it is no log.
 */
export async function* cutLog(
  source: LogSource,
  { from, to, streams }: CutOptions,
): AsyncGenerator<LogRecord, void, undefined> {
  const labels = await labelsWithin(source, from ?? -Infinity, to ?? Infinity);
  const part = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  let isFirst = true;
  const known = new Set<string>();
  const kept = (record: LogRecord): LogRecord | undefined => {
    if (record.kind === "LABEL" || record.kind === "CHECKPOINT") return undefined;
    if (streams === undefined) return record;
    if (record.kind !== "CONFIG") {
      const stream = recordStream(record);
      return stream === undefined || streams.includes(stream) ? record : undefined;
    }
    for (const { stream } of record.streams) known.add(stream);
    return { ...record, streams: record.streams.filter(({ stream }) => streams.includes(stream)) };
  };
  for await (const record of from === undefined
    ? readLog(source, part)
    : beginning(source, from, readLog(source, part))) {
    const own = kept(record);
    if (own !== undefined) yield own;
    if (!isFirst) continue;
    isFirst = false;
    for (const label of labels) yield { kind: "LABEL", logTime: record.logTime, label };
  }
  const unknown = streams?.find((stream) => known.size > 0 && !known.has(stream));
  if (unknown !== undefined)
    throw new ConfigError(
      "cut",
      `expected a stream of the log, ${[...known].join(", ")}, got ${unknown}`,
    );
}

/** What was in force at `from`, then the records. */
async function* beginning(
  source: LogSource,
  from: Micros,
  rest: AsyncIterable<LogRecord>,
): AsyncGenerator<LogRecord> {
  const standing = new StandingRecords();
  for await (const record of readLog(source, { to: from })) standing.observe(record);
  yield* restated(standing.records(), from);
  yield* rest;
}

async function labelsWithin(source: LogSource, from: number, to: number): Promise<Label[]> {
  const labels: Label[] = [];
  for await (const record of readLog(source, { kinds: ["LABEL"] }))
    if (record.kind === "LABEL" && record.label.to > from && record.label.from < to)
      labels.push(record.label);
  return labels;
}
