import { Aligner } from "../align/Aligner.ts";
import type { Blocking, ColumnWait } from "../align/Blocking.ts";
import type { Policy } from "../align/Policy.ts";
import type { UnusedFrame, UnusedReason } from "../align/UnusedFrame.ts";
import { framesOf } from "../frames/Chunk.ts";
import type { Cell, Frameset } from "../frames/Frameset.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { alignerOptions } from "../pipeline/alignerOptions.ts";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import { type Micros, micros, seconds } from "../units.ts";
import type { RowName } from "./parseRow.ts";

/** After a row is out, so long in log time what comes too late for it is still looked at. */
const AFTERMATH = seconds(2);

/** A frame near a row, and what became of it. */
export interface FrameFate {
  readonly epoch: number;
  readonly sequence: number;
  readonly originTime: Micros;
  readonly arrivalTime: Micros;
  /** In this row; taken, but for no part in this row; or why it was not used at all. */
  readonly fate: "used" | "other" | UnusedReason;
}

/** One stream's part in a row. */
export interface StreamExplanation {
  readonly stream: string;
  readonly policy: Policy;
  /** What the row has of it, without the payload. */
  readonly cell:
    | Omit<Extract<Cell, { frames: number }>, "payload">
    | Extract<Cell, { reason: string }>;
  /** Frames near the instant, by origin time; where there is none, the last one before it. */
  readonly around: readonly FrameFate[];
}

/** The record of a log that let a row out. */
export interface Settler {
  readonly kind: LogRecord["kind"];
  readonly stream?: string;
  readonly logTime: Micros;
}

/** One time that a row was told again. */
export interface RowRevision {
  readonly revision: number;
  /** Whose cells are others than before. */
  readonly streams: readonly string[];
  readonly settledBy: Settler;
}

/** How one row came about; its cells are as they were told last. */
export interface RowExplanation {
  readonly id: string;
  readonly time: Micros;
  readonly index: number;
  /** Grid period, in µs. */
  readonly period: Micros;
  /** Where the row's grid starts. */
  readonly origin: Micros;
  /** The record of the log that let it out. */
  readonly settledBy: Settler;
  /** What it had waited for just before; empty if nothing held it back. */
  readonly waitedFor: readonly ColumnWait[];
  /** How often it was told again, because late frames changed it; absent if never. */
  readonly revisions?: readonly RowRevision[];
  readonly streams: readonly StreamExplanation[];
}

/** What a log says about a row. */
export type Explained =
  | { readonly state: "formed"; readonly row: RowExplanation }
  /** The log ends before the row came out. */
  | { readonly state: "waiting"; readonly blocking: Blocking }
  /** Its instant is one of `skipped` without a row: nothing had been sensed for long. */
  | {
      readonly state: "untold";
      readonly time: Micros;
      readonly skipped: number;
      /** The row before those instants; absent where they are the log's first. */
      readonly before?: string;
      /** The row after them; absent where the log ends among them. */
      readonly after?: string;
    }
  /** There is no such row; `rows` were formed, up to `last`. */
  | { readonly state: "none"; readonly rows: number; readonly last?: string };

/**
 * Forms the rows of a log again up to one of them, and says how it came about.
 *
 * @param definition The pipeline whose policies formed the rows.
 * @param records The log, from its start.
 * @throws {LogError} If the log cannot be read.
 * @throws {ConfigError} If the log is not one of this pipeline.
 */
export async function explainRow(
  definition: PipelineDefinition,
  records: AsyncIterable<LogRecord>,
  name: RowName,
): Promise<Explained> {
  const near = new NearFrames();
  const options = alignerOptions(definition);
  const aligner = new Aligner({ ...options, onUnused: (frame) => near.refuse(frame) });
  const aftermath = Math.max(AFTERMATH, options.revisionHorizon ?? 0);
  const revisions: RowRevision[] = [];
  let grid: Extract<LogRecord, { kind: "CONFIG" }> | undefined;
  let waitedFor: readonly ColumnWait[] = [];
  let found: { readonly row: Frameset; readonly by: LogRecord } | undefined;
  let untold: Extract<Explained, { state: "untold" }> | undefined;
  let rows = 0;
  let skipped = 0;
  let last: string | undefined;
  for await (const record of records) {
    if (found !== undefined && record.logTime > found.by.logTime + aftermath) break;
    if (record.kind === "CONFIG" && found === undefined) grid = record;
    if (record.kind === "DATA") near.add(record);
    const blocking = found === undefined ? aligner.blocking() : undefined;
    if (blocking !== undefined && grid !== undefined && name.fits(blocking, grid))
      waitedFor = blocking.waits;
    for (const row of aligner.push(record)) {
      if (row.revision !== undefined) {
        if (row.id !== found?.row.id) continue;
        revisions.push(revisionOf(found.row, row, record));
        found = { ...found, row };
        continue;
      }
      if (row.skipped !== undefined && grid !== undefined) {
        const time = timeAmong(row.skipped, row, grid, name);
        if (time !== undefined)
          untold = {
            state: "untold",
            time,
            skipped: row.skipped,
            ...(last !== undefined && { before: last }),
            after: row.id,
          };
      }
      rows++;
      skipped += row.skipped ?? 0;
      last = row.id;
      if (grid !== undefined && name.fits(row, grid)) found ??= { row, by: record };
    }
    if (found === undefined) near.forget(micros((aligner.blocking()?.time ?? 0) - AFTERMATH));
  }
  if (found === undefined || grid === undefined) {
    if (untold !== undefined) return untold;
    const before = last !== undefined && { before: last };
    const blocking = aligner.blocking();
    if (blocking !== undefined && grid !== undefined) {
      if (name.fits(blocking, grid)) return { state: "waiting", blocking };
      const count = aligner.counters().skipped - skipped;
      const time = timeAmong(count, blocking, grid, name);
      if (time !== undefined) return { state: "untold", time, skipped: count, ...before };
    }
    return { state: "none", rows, ...(last !== undefined && { last }) };
  }
  const { row, by } = found;
  const { period, origin, streams } = grid;
  const policyOf = (stream: string): Policy => {
    const guest = streams.find((description) => description.stream === stream);
    const policy = definition.streams[stream]?.policy ?? (guest && options.guests?.(guest));
    return policy ?? { kind: "exact" };
  };
  return {
    state: "formed",
    row: {
      id: row.id,
      time: row.time,
      index: row.index,
      period,
      origin,
      settledBy: settler(by),
      waitedFor,
      ...(revisions.length > 0 && { revisions }),
      streams: Object.entries(row.cells).map(([stream, cell]) => {
        const policy = policyOf(stream);
        const around = near.around(stream, row.time, period);
        return { stream, policy, cell: described(cell), around: marked(around, cell, policy, row) };
      }),
    },
  };
}

/** The instant that is meant, if it is one of the `count` before `next`. */
function timeAmong(
  count: number,
  next: { readonly time: Micros; readonly index: number; readonly config: number },
  grid: Extract<LogRecord, { kind: "CONFIG" }>,
  name: RowName,
): Micros | undefined {
  const { config } = next;
  for (let back = 1; back <= Math.min(count, next.index); back++) {
    const time = micros(next.time - back * grid.period);
    if (name.fits({ time, index: next.index - back, config }, grid)) return time;
  }
  return undefined;
}

function revisionOf(before: Frameset, row: Frameset, by: LogRecord): RowRevision {
  const streams = Object.keys(row.cells).filter((name) => row.cells[name] !== before.cells[name]);
  return { revision: row.revision ?? 0, streams, settledBy: settler(by) };
}

function settler(record: LogRecord): Settler {
  return { kind: record.kind, ...streamOf(record), logTime: record.logTime };
}

function streamOf(record: LogRecord): { readonly stream?: string } {
  if (record.kind === "DATA") return { stream: record.chunk.stream };
  return "stream" in record ? { stream: record.stream } : {};
}

function described(cell: Cell): StreamExplanation["cell"] {
  if (cell.presence === "missing") return cell;
  const { payload: _payload, ...rest } = cell;
  return rest;
}

/** Marks the frames that the cell was made from: those accepted, from the newest one named backwards. */
function marked(
  around: readonly FrameFate[],
  cell: Cell,
  policy: Policy,
  { time }: Frameset,
): FrameFate[] {
  if (cell.presence === "missing") return [...around];
  const isInWindow = ({ originTime }: FrameFate): boolean =>
    policy.kind === "window" &&
    policy.aggregate !== "last" &&
    originTime > time + policy.from &&
    originTime <= time + policy.to;
  const accepted = around.filter(({ fate }) => fate === "other");
  const newest = accepted.findIndex(({ originTime }) => originTime === cell.originTime);
  const neighbour = cell.presence === "interpolated" ? accepted[newest - 1] : undefined;
  return around.map((frame) =>
    frame.fate === "other" &&
    (frame.originTime === cell.originTime || frame === neighbour || isInWindow(frame))
      ? { ...frame, fate: "used" }
      : frame,
  );
}

type NearFrame = { -readonly [Key in keyof FrameFate]: FrameFate[Key] };

/** The frames of the last seconds by stream, and of each stream the last one before those. */
class NearFrames {
  readonly #frames = new Map<string, NearFrame[]>();

  add({ chunk }: Extract<LogRecord, { kind: "DATA" }>): void {
    const frames = this.#frames.get(chunk.stream) ?? [];
    this.#frames.set(chunk.stream, frames);
    for (const { epoch, sequence, originTime, arrivalTime } of framesOf(chunk))
      frames.push({ epoch, sequence, originTime, arrivalTime, fate: "other" });
  }

  /** A frame was not used: of several copies of it the last one, which alone can just have come. */
  refuse({ stream, epoch, sequence, reason }: UnusedFrame): void {
    const frame = this.#frames
      .get(stream)
      ?.findLast((one) => one.fate === "other" && one.epoch === epoch && one.sequence === sequence);
    if (frame !== undefined) frame.fate = reason;
  }

  /** Forgets what happened before `time`, but for the newest of it. */
  forget(time: Micros): void {
    for (const [stream, frames] of this.#frames)
      if (frames.length > 4_096) {
        const kept = frames.filter(({ originTime }) => originTime >= time);
        this.#frames.set(stream, kept.length > 0 ? kept : frames.slice(-1));
      }
  }

  around(stream: string, time: Micros, period: Micros): FrameFate[] {
    const frames = (this.#frames.get(stream) ?? []).toSorted((a, b) => a.originTime - b.originTime);
    const near = frames.filter(({ originTime }) => Math.abs(originTime - time) <= 2 * period);
    if (near.length > 0) return near;
    const before = frames.findLast(({ originTime }) => originTime <= time);
    return before === undefined ? [] : [before];
  }
}
