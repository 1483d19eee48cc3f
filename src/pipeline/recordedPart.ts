import type { Clock } from "../clock/Clock.ts";
import { ConfigError } from "../errors.ts";
import { SEGMENT_FROM, startMetadata } from "../log/fileMetadata.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { type ReadLogOptions, readLog } from "../log/readLog.ts";
import { recordStream } from "../log/recordStream.ts";
import { filesOf } from "../log/segments.ts";
import type { StageModel } from "../stage/Stage.ts";
import { type Micros, micros } from "../units.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { readPast } from "./readPast.ts";
import type { ReplaySource } from "./replayLog.ts";
import { changedRules, ROW_RULES } from "./rowRules.ts";

/** Which part of a log to replay, and how. */
export interface RecordedPartOptions {
  /** A file or a folder of segments. */
  readonly log: string;
  /** Whose readings are wanted: checkpoints that were taken under other rules are of no use to it. */
  readonly definition: PipelineDefinition;
  /** What follows is wanted from here on, in log time; from the start of what there is unless given. */
  readonly from?: Micros;
  /** Records from here on are left out. */
  readonly to?: Micros;
  /** As if there were no others; all unless given. */
  readonly streams?: readonly string[];
  /** Waits for what is still being written. */
  readonly follow?: ReadLogOptions["follow"];
  /** Hands records over when they were appended, so many times as fast from `from` on; at once unless given. */
  readonly pace?: { readonly clock: Clock; readonly speed: number };
}

/**
 * A part of a log for `replayLog`, with what followed from the log before it.
 *
 * Goes on from the last checkpoint before `from`, or from the first there is where the log has lost its
 * start; so what follows is what followed, bit for bit, without all that was before. Where there is none
 * it begins at the log's start. A selection of streams has no checkpoints, and those of a pipeline that has
 * changed since are none: it always begins there.
 *
 * @throws {LogError} While reading, if it is no log.
 */
export async function recordedPart(
  { version }: StageModel,
  options: RecordedPartOptions,
): Promise<ReplaySource> {
  const { log, definition, from, to, streams, follow, pace } = options;
  const shaped = (records: AsyncIterable<LogRecord>): AsyncGenerator<LogRecord> =>
    paced(streams === undefined ? records : only(records, streams), from, pace);
  const part = { ...(to !== undefined && { to }), ...(follow !== undefined && { follow }) };
  const [first = log] = await filesOf(log);
  const { [SEGMENT_FROM]: isCut, [ROW_RULES]: rules } = await startMetadata(first);
  const isWhole = from === undefined && isCut === undefined;
  if (isWhole || streams !== undefined || changedRules(rules, definition).length > 0)
    return { records: shaped(readLog(log, part)) };
  const past = await readPast(log, {
    model: version,
    ...(from === undefined ? { isFirst: true } : { by: from }),
  });
  const { state } = past;
  if (state === undefined) return { records: shaped(readLog(log, part)) };
  return { records: shaped(after(past.records(part))), state };
}

async function* after(
  records: AsyncIterable<{ readonly record: LogRecord; readonly isNew: boolean }>,
): AsyncGenerator<LogRecord> {
  for await (const { record, isNew } of records) if (isNew) yield record;
}

/** The records of some streams: the others are known to be silent. */
async function* only(
  records: AsyncIterable<LogRecord>,
  streams: readonly string[],
): AsyncGenerator<LogRecord> {
  for await (const record of records) {
    const stream = recordStream(record);
    if (stream !== undefined && !streams.includes(stream)) continue;
    yield record;
    if (record.kind !== "CONFIG") continue;
    const { logTime } = record;
    const unknown = streams.find((name) => !record.streams.some((known) => known.stream === name));
    if (unknown !== undefined)
      throw new ConfigError(
        "replay",
        `expected a stream of the log, ${record.streams.map((known) => known.stream).join(", ")}, got ${unknown}`,
      );
    for (const { stream: other } of record.streams)
      if (!streams.includes(other)) yield { kind: "IDLE", logTime, stream: other };
  }
}

async function* paced(
  records: AsyncIterable<LogRecord>,
  from: Micros | undefined,
  pace: RecordedPartOptions["pace"],
): AsyncGenerator<LogRecord> {
  let began: { readonly at: Micros; readonly logTime: Micros } | undefined;
  for await (const record of records) {
    if (pace !== undefined && record.logTime >= (from ?? 0)) {
      const { clock, speed } = pace;
      began ??= { at: clock.now(), logTime: record.logTime };
      await clock.until(micros(began.at + (record.logTime - began.logTime) / speed));
    }
    yield record;
  }
}
