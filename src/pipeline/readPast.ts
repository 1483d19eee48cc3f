import { LogError } from "../errors.ts";
import { RESTATED, SEGMENT_FROM, startMetadata } from "../log/fileMetadata.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { LogSource } from "../log/LogSource.ts";
import { type ReadLogOptions, readLog } from "../log/readLog.ts";
import { filesOf } from "../log/segments.ts";
import type { Micros } from "../units.ts";
import { type InterpretationState, isOwnState, unpackState } from "./InterpretationState.ts";

type Checkpoint = Extract<LogRecord, { kind: "CHECKPOINT" }>;

/** What a checkpoint must be like to go on from it. */
export interface WantedCheckpoint {
  /** Its model. */
  readonly model: string;
  /** It must not have given more readings, or told more spans; any number unless given. */
  readonly moments?: number;
  readonly spans?: number;
  /** It must have been taken by then; any time unless given. */
  readonly by?: Micros;
  /** Finds the first such place instead of the last. */
  readonly isFirst?: boolean;
}

/** A place in a log to go on from, and what lies before and after it. */
export interface PastLog {
  /** All that followed until the place; absent where it is the start of what there is of the log. */
  readonly state?: InterpretationState;
  /** Whether the log's start is gone, so that without a state not all can be known that followed. */
  readonly isCut: boolean;
  /** Where the grid started; absent in an empty log. */
  readonly origin?: Micros;
  /** The last weights file that served, learnt versions by the one they were learnt on. */
  readonly model?: string;
  /** Last log time; absent in an empty log. */
  readonly to?: Micros;
  /** Newest origin time of each stream that was looked at. */
  readonly frames: ReadonlyMap<string, Micros>;
  /** Streams that had ended by themselves. */
  readonly ended: ReadonlySet<string>;
  /** Where it was begun to look. */
  readonly from?: Micros;
  /** The truth that is on record, in labels. */
  readonly truths: number;
  /** What was looked at, once more: `isNew` says whether it comes after the place. No checkpoints. */
  readonly records: (
    part?: Pick<ReadLogOptions, "to" | "follow">,
  ) => AsyncGenerator<{ readonly record: LogRecord; readonly isNew: boolean }>;
}

/**
 * Finds the last place in a log from which it can be gone on.
 *
 * Reads one file, where the log is one; of a folder its last segment, and as long as there is no such place in what
 * was read, twice as many: of a long log without one each segment is read three times at most, not once for each
 * that follows.
 *
 * @throws {LogError} If it is no log, or damaged within.
 */
export async function readPast(log: LogSource, wanted: WantedCheckpoint): Promise<PastLog> {
  const files = await filesOf(log);
  for (let count = wanted.isFirst ? files.length : 1; ; count *= 2) {
    const first = files.at(-Math.min(count, files.length));
    if (first === undefined) throw new LogError(String(log), "expected a log, got nothing");
    const { [SEGMENT_FROM]: start, [RESTATED]: restated = "0" } = await startMetadata(first);
    const from = start === undefined ? undefined : (Number(start) as Micros);
    const past = await look(log, wanted, Number(restated), from);
    if (past.state !== undefined || count >= files.length) return past;
  }
}

async function look(
  log: LogSource,
  wanted: WantedCheckpoint,
  restated: number,
  from: Micros | undefined,
): Promise<PastLog> {
  const part = from === undefined ? {} : { from };
  const frames = new Map<string, Micros>();
  const ended = new Set<string>();
  let origin: Micros | undefined;
  let model: string | undefined;
  let to: Micros | undefined;
  let count = 0;
  let found: { readonly checkpoint: Checkpoint; readonly at: number } | undefined;
  let truths: { readonly at: number }[] = [];
  for await (const record of readLog(log, part)) {
    to = record.logTime;
    if (record.kind === "CHECKPOINT") {
      const at = count - record.back;
      // Its place may lie before what was looked at.
      if (at >= restated && isWanted(record, wanted)) found = { checkpoint: record, at };
      if (found !== undefined && wanted.isFirst) break;
      continue;
    }
    count++;
    if (record.kind === "CONFIG") origin = record.origin;
    if (record.kind === "CLOSED") ended.add(record.stream);
    if (record.kind === "ACTIVE") ended.delete(record.stream);
    if (record.kind === "MODEL") model = record.base ?? record.version;
    if (record.kind === "LABEL" && record.label.by === "truth") truths.push({ at: count });
    if (record.kind === "DATA") {
      ended.delete(record.chunk.stream);
      for (const time of record.chunk.originTimes)
        frames.set(
          record.chunk.stream,
          Math.max(time, frames.get(record.chunk.stream) ?? time) as Micros,
        );
    }
  }
  // What another version of this program made its checkpoints of says nothing here: the log itself does.
  if (found !== undefined && !isOwnState(found.checkpoint.state)) found = undefined;
  const state = found && unpackState(found.checkpoint.state);
  const cut = found?.at ?? 0;
  // A segment says that the grid started with it.
  const began = restated > 0 ? state?.aligner.configs[0]?.origin : undefined;
  truths = truths.filter(({ at }) => at > cut);
  return {
    ...(state !== undefined && { state }),
    isCut: from !== undefined,
    ...(origin !== undefined && { origin: began ?? origin }),
    ...(model !== undefined && { model }),
    ...(to !== undefined && { to }),
    frames,
    ended,
    ...part,
    truths: (state?.truths ?? 0) + truths.length,
    async *records(further = {}) {
      let at = 0;
      for await (const record of readLog(log, { ...part, ...further }))
        if (record.kind !== "CHECKPOINT") yield { record, isNew: at++ >= cut };
    },
  };
}

function isWanted(
  checkpoint: Checkpoint,
  { model, moments, spans, by }: WantedCheckpoint,
): boolean {
  return (
    checkpoint.model === model &&
    checkpoint.moments <= (moments ?? Infinity) &&
    checkpoint.spans <= (spans ?? Infinity) &&
    checkpoint.logTime <= (by ?? Infinity)
  );
}
