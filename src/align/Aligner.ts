import { ConfigError } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { Cell, Frameset } from "../frames/Frameset.ts";
import { frameBytes } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { type Bytes, bytes, type Micros, micros, seconds } from "../units.ts";
import type { Blocking } from "./Blocking.ts";
import { Column, unusedFrame } from "./Column.ts";
import { type ColumnCounters, sumOf } from "./ColumnCounters.ts";
import { cellOf } from "./cellOf.ts";
import { Grid } from "./Grid.ts";
import { checkPolicy, type Policy } from "./Policy.ts";
import type { UnusedFrame, UnusedReason } from "./UnusedFrame.ts";

/** How an `Aligner` forms rows. */
export interface AlignerOptions {
  /** Which frames answer an instant, for every stream a CONFIG record may name. */
  readonly columns: Readonly<Record<string, Policy>>;
  /**
   * How far the fastest stream may run ahead of a silent one before rows go out without the latter, in
   * µs of origin time (alignment.md 9: S). Larger than the spread of healthy transport lags.
   */
  readonly skew: Micros;
  /** How far ahead of its arrival a frame may be stamped, in µs. Default 1 s. */
  readonly futureBound?: Micros;
  /** Frames held per stream; past it the oldest goes. Default 8,192. */
  readonly capacity?: number;
  /** Bytes of payload held per stream; past it the oldest frame goes. Default 256 MiB. */
  readonly capacityBytes?: Bytes;
  /** Side output: every frame that became part of no row, with its reason. */
  readonly onUnused?: (frame: UnusedFrame) => void;
}

/** What an `Aligner` counts beside what it counts per stream. */
export interface AlignerCounters {
  /** Rows emitted. */
  readonly rows: number;
  /** Frames of streams that the configuration does not name. */
  readonly unknownStream: number;
  /** Heartbeats refused: no integer, or a promise beyond the future bound. */
  readonly refusedHeartbeats: number;
  readonly streams: Readonly<Record<string, ColumnCounters>>;
}

const NONE: readonly Frameset[] = [];
const PENDING_LIMIT = 64;

/**
 * Forms the rows of one site's log: for every instant of a grid the frames that belong to it.
 *
 * Key behaviours (alignment.md 9):
 * - Pure and synchronous: rows are a function of the records pushed, in their order, and of nothing else.
 * - No stream is the master: the grid starts with the CONFIG record, a row is due once any stream alone
 *   could settle it, and goes out once every stream is known as far as its policy needs, is idle or
 *   closed, or lags by more than `skew`.
 * - Rows come out in order, each once. A frame that comes after its row was settled is refused as late.
 * - Every frame that is part of no row is counted under one reason and handed to `onUnused`.
 * - No input throws but a CONFIG record that contradicts the options.
 * - Buffers are bounded; payloads are borrowed from the records.
 */
export class Aligner {
  readonly #options: AlignerOptions;
  readonly #futureBound: number;
  #skew: number;
  /** Every stream of a configuration in force or to come, by name, a column per dtype and shape. */
  readonly #byName = new Map<string, Column[]>();
  /** Counters of columns that no configuration names any more. */
  readonly #retired = new Map<string, ColumnCounters>();
  #grid: Grid | undefined;
  #pending: Grid[] = [];
  /** Index of the next row in its grid. */
  #index = 0;
  /** Instant of the next row; ∞ before the first configuration. */
  #next = Number.POSITIVE_INFINITY;
  #lastTime = Number.NEGATIVE_INFINITY;
  /** M: how far the fastest stream has come. */
  #frontier = Number.NEGATIVE_INFINITY;
  /** Rows up to here are due. */
  #due = Number.NEGATIVE_INFINITY;
  /** The stream that the next row was last seen waiting for. */
  #blocker: Column | undefined;
  #blockerNeed = Number.NEGATIVE_INFINITY;
  #rows = 0;
  #unknownStream = 0;
  #refusedHeartbeats = 0;
  #out: Frameset[] = [];

  /** @throws {ConfigError} If a bound is out of its range. */
  constructor(options: AlignerOptions) {
    const { skew, futureBound = seconds(1), capacity = 8_192 } = options;
    if (!(skew >= 0)) throw new ConfigError("Aligner", `skew must be >= 0 us, got ${skew}`);
    if (!(futureBound >= 0))
      throw new ConfigError("Aligner", `futureBound must be >= 0 us, got ${futureBound}`);
    if (!(capacity >= 1))
      throw new ConfigError("Aligner", `capacity must be >= 1, got ${capacity}`);
    this.#options = options;
    this.#skew = skew;
    this.#futureBound = futureBound;
  }

  /**
   * Takes the next record of the log.
   *
   * @returns The rows it settled, in order; their payloads are borrowed from the records.
   * @throws {ConfigError} If a CONFIG record names a stream without a policy, or one that does not fit it.
   */
  push(record: LogRecord): readonly Frameset[] {
    switch (record.kind) {
      case "DATA":
        this.#data(record.chunk);
        break;
      case "HEARTBEAT":
        this.#heartbeat(record.stream, record.until, record.logTime);
        break;
      case "IDLE":
        for (const column of this.#byName.get(record.stream) ?? []) column.idle = true;
        this.#advance();
        break;
      case "ACTIVE":
        for (const column of this.#byName.get(record.stream) ?? []) {
          column.idle = false;
          column.closed = false;
        }
        break;
      case "CLOSED":
        this.#close(record.stream);
        break;
      case "CONFIG":
        this.#configure(record);
        break;
      case "CLOCK":
      case "MODEL":
      case "LABEL":
        break;
    }
    if (this.#out.length === 0) return NONE;
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** What became of every frame so far, and how many rows there were. */
  counters(): AlignerCounters {
    const streams: Record<string, ColumnCounters> = {};
    for (const [name, counters] of this.#retired) streams[name] = counters;
    for (const [name, columns] of this.#byName)
      streams[name] = sumOf([...columns.map((column) => column.counters()), streams[name]]);
    return {
      rows: this.#rows,
      unknownStream: this.#unknownStream,
      refusedHeartbeats: this.#refusedHeartbeats,
      streams,
    };
  }

  /** Why the next row is not out yet; undefined before the first configuration. */
  blocking(): Blocking | undefined {
    const grid = this.#grid;
    if (grid === undefined) return undefined;
    const time = this.#next;
    const due = this.#due >= time;
    const waits = (due ? grid.columns : [])
      .map((column) => ({
        stream: column.description.stream,
        need: column.need(time) as Micros,
        has: this.#known(column) as Micros,
      }))
      .filter(({ need, has }) => has < need);
    return { time: time as Micros, index: this.#index, config: grid.version, due, waits };
  }

  #data(chunk: Chunk): void {
    const column = this.#columnOf(chunk);
    if (column === undefined) return;
    const { description } = column;
    const { originTimes, lengths, arrivalTime, epoch, firstSequence } = chunk;
    const size = frameBytes(description);
    const latest = arrivalTime + this.#futureBound;
    column.received += originTimes.length;
    let end = 0;
    for (let index = 0; index < originTimes.length; index++) {
      const time = originTimes[index] as Micros;
      const start = end;
      end += size ?? lengths?.[index] ?? chunk.payload.byteLength / originTimes.length;
      if (!column.sequences.add(epoch, firstSequence + index)) {
        column.refuse("duplicate", chunk, index, start, end);
        continue;
      }
      if (time > latest) {
        column.refuse("future", chunk, index, start, end);
        continue;
      }
      column.idle = false;
      if (column.closed && column.epoch !== epoch) column.closed = false;
      column.epoch = epoch;
      if (column.closed || time <= column.watermark || time <= column.lock) {
        column.refuse(column.holds(time) ? "equal" : "late", chunk, index, start, end);
        continue;
      }
      if (!column.accept(time, chunk, index, start, end)) {
        column.refuse("equal", chunk, index, start, end);
        continue;
      }
      if (column.isOver) this.#relieve(column);
      this.#reach(column, Math.min(column.watermark, arrivalTime));
      if (!this.#mayAdvance(column)) continue;
      this.#advance();
      if (column.isRetired) this.#refuseRest(column, chunk, index + 1, end);
      if (column.isRetired) return;
    }
  }

  /** What is left of a chunk whose stream the configuration that has just come into force does not name. */
  #refuseRest(column: Column, chunk: Chunk, from: number, offset: number): void {
    const { originTimes, lengths, payload } = chunk;
    const rest = originTimes.length - from;
    const size = frameBytes(column.description) ?? payload.byteLength / originTimes.length;
    let end = offset;
    for (let index = from; index < originTimes.length; index++) {
      const start = end;
      end += lengths?.[index] ?? size;
      const frame = unusedFrame("unknown-stream", chunk, index, payload.subarray(start, end));
      this.#options.onUnused?.(frame);
    }
    this.#unknownStream += rest;
    const { stream } = column.description;
    const retired = this.#retired.get(stream);
    if (retired !== undefined)
      this.#retired.set(stream, { ...retired, received: retired.received - rest });
  }

  /** The column a chunk belongs to; counts the chunk and gives undefined if there is none. */
  #columnOf(chunk: Chunk): Column | undefined {
    const columns = this.#byName.get(chunk.stream);
    const known = columns?.find(({ description }) => description.site === chunk.site);
    if (columns === undefined || known === undefined) {
      this.#unknownStream += chunk.originTimes.length;
      this.#refuseAll("unknown-stream", chunk);
      return undefined;
    }
    const column = columns.find((candidate) => fits(chunk, candidate));
    if (column !== undefined) return column;
    known.received += chunk.originTimes.length;
    known.unused.invalid += chunk.originTimes.length;
    this.#refuseAll("invalid", chunk);
    return undefined;
  }

  #refuseAll(reason: UnusedReason, chunk: Chunk): void {
    const { onUnused } = this.#options;
    if (onUnused === undefined) return;
    for (let index = 0; index < chunk.originTimes.length; index++)
      onUnused(unusedFrame(reason, chunk, index, chunk.payload));
  }

  #heartbeat(stream: string, until: Micros, logTime: Micros): void {
    const columns = this.#byName.get(stream);
    if (columns === undefined) return;
    if (!Number.isSafeInteger(until) || until > logTime + this.#futureBound) {
      this.#refusedHeartbeats++;
      return;
    }
    // A frame may still be stamped `until` itself.
    const watermark = until - 1;
    for (const column of columns) {
      // Only a promise that goes further than the last one is a sign of life: the rest are repetitions.
      if (watermark <= column.promised) continue;
      column.promised = watermark;
      column.idle = false;
      column.closed = false;
      if (watermark > column.watermark) column.watermark = watermark;
      const reached = Math.min(watermark, logTime);
      if (reached > column.reached) column.reached = reached;
      this.#reach(column, reached);
    }
    this.#advance();
  }

  #close(stream: string): void {
    for (const column of this.#byName.get(stream) ?? []) {
      column.closed = true;
      this.#reach(column, column.reached);
    }
    this.#advance();
  }

  #configure(record: Extract<LogRecord, { kind: "CONFIG" }>): void {
    const { streams, period, origin } = record;
    if (!(Number.isSafeInteger(period) && period > 0))
      throw new ConfigError("CONFIG", `period must be a positive integer in us, got ${period}`);
    if (!Number.isSafeInteger(origin))
      throw new ConfigError("CONFIG", `origin must be an integer in us, got ${origin}`);
    const { columns: policies, capacity = 8_192, capacityBytes = bytes(2 ** 28) } = this.#options;
    const columns = streams.map((description) => {
      const { stream } = description;
      const policy = policies[stream];
      if (policy === undefined)
        throw new ConfigError(
          "CONFIG",
          `a policy expected for each stream, got none for ${stream}`,
        );
      checkPolicy(stream, policy, description.dtype);
      const known = this.#byName.get(stream)?.find((column) => isSame(column, description));
      if (known !== undefined) {
        known.description = description;
        return known;
      }
      const bounds = { frames: capacity, bytes: capacityBytes };
      return new Column(description, policy, bounds, this.#options.onUnused);
    });
    // The newest record wins from its origin on.
    this.#pending = this.#pending.filter((grid) => grid.origin < origin);
    if (this.#pending.length >= PENDING_LIMIT) this.#pending.pop();
    this.#pending.push(new Grid(record, columns));
    for (const column of columns) {
      const named = this.#byName.get(column.description.stream);
      if (named === undefined) this.#byName.set(column.description.stream, [column]);
      else if (!named.includes(column)) named.push(column);
    }
    this.#settleGrid();
    this.#advance();
  }

  /** Finds the configuration and instant of the next row. */
  #settleGrid(): void {
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      if (this.#grid !== undefined && this.#grid.at(this.#index) < first.origin) break;
      this.#pending.shift();
      this.#grid = first;
      this.#index = first.indexAfter(this.#lastTime);
      this.#forget();
    }
    this.#next = this.#grid?.at(this.#index) ?? Number.POSITIVE_INFINITY;
    this.#blocker = undefined;
  }

  /** Drops the columns that no configuration names any more. */
  #forget(): void {
    const named = new Set([this.#grid, ...this.#pending].flatMap((grid) => grid?.columns ?? []));
    for (const [name, columns] of this.#byName) {
      const kept = columns.filter((column) => named.has(column));
      for (const column of columns) {
        if (named.has(column)) continue;
        while (column.ring.size > 0) column.drop("aged");
        column.isRetired = true;
        this.#retired.set(name, sumOf([column.counters(), this.#retired.get(name)]));
      }
      if (kept.length > 0) this.#byName.set(name, kept);
      else this.#byName.delete(name);
    }
  }

  /** Makes room in a full buffer: first what no row can use any more, then the oldest frame. */
  #relieve(column: Column): void {
    if (this.#next !== Number.POSITIVE_INFINITY) column.evict(this.#next);
    while (column.isOver) column.drop("overflow");
  }

  #reach(column: Column, time: number): void {
    if (time > this.#frontier) this.#frontier = time;
    if (time + column.lead > this.#due) this.#due = time + column.lead;
  }

  /** How far a column is known: W*_s. */
  #known(column: Column): number {
    if (column.free) return Number.POSITIVE_INFINITY;
    return Math.max(column.watermark, this.#frontier - this.#skew);
  }

  /** Whether a frame of `column` may have settled the next row; cheap, errs on the side of yes. */
  #mayAdvance(column: Column): boolean {
    if (this.#due < this.#next) return false;
    const blocker = this.#blocker;
    if (blocker === undefined || blocker === column) return true;
    return this.#known(blocker) >= this.#blockerNeed;
  }

  #advance(): void {
    while (this.#due >= this.#next && !this.#isBlocked()) this.#emit();
  }

  #isBlocked(): boolean {
    const time = this.#next;
    if (this.#blocker !== undefined && this.#blocks(this.#blocker, time)) return true;
    this.#blocker = this.#grid?.columns.find((column) => this.#blocks(column, time));
    return this.#blocker !== undefined;
  }

  #blocks(column: Column, time: number): boolean {
    const need = column.need(time);
    if (this.#known(column) >= need) return false;
    this.#blockerNeed = need;
    return true;
  }

  #emit(): void {
    const grid = this.#grid;
    if (grid === undefined) return;
    const time = this.#next;
    const cells: Record<string, Cell> = {};
    for (const column of grid.columns) {
      const need = column.need(time);
      cells[column.description.stream] = cellOf(column, time, need, grid.period);
      if (need > column.lock) column.lock = need;
    }
    this.#out.push({
      id: `${grid.site}:${time}:${grid.version}`,
      site: grid.site,
      time: micros(time),
      index: this.#index,
      config: grid.version,
      cells,
    });
    this.#rows++;
    this.#lastTime = time;
    this.#index++;
    this.#settleGrid();
    for (const column of this.#grid?.columns ?? []) column.evict(this.#next);
  }
}

/** Whether a chunk is well formed and fits a column's description. */
function fits(chunk: Chunk, { description }: Column): boolean {
  const { dtype, shape, originTimes, lengths, payload } = chunk;
  if (dtype !== description.dtype || originTimes.length === 0) return false;
  if (!Number.isSafeInteger(chunk.epoch) || !Number.isSafeInteger(chunk.firstSequence))
    return false;
  if (chunk.firstSequence < 0 || !Number.isFinite(chunk.arrivalTime)) return false;
  for (const time of originTimes) if (!Number.isSafeInteger(time)) return false;
  const size = frameBytes(description);
  if (size !== undefined)
    return sameShape(shape, description.shape) && payload.byteLength === size * originTimes.length;
  if (lengths === undefined) return payload.byteLength % originTimes.length === 0;
  return (
    lengths.length === originTimes.length &&
    lengths.every((length) => Number.isSafeInteger(length) && length >= 0) &&
    lengths.reduce((sum, length) => sum + length, 0) === payload.byteLength
  );
}

function isSame({ description }: Column, other: Column["description"]): boolean {
  return (
    description.site === other.site &&
    description.dtype === other.dtype &&
    sameShape(description.shape, other.shape)
  );
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
