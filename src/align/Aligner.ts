import { ConfigError } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { Cell, Frameset } from "../frames/Frameset.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { type Micros, micros } from "../units.ts";
import { type AlignerCounters, type AlignerOptions, completeOptions } from "./AlignerOptions.ts";
import { type AlignerSnapshot, restoreColumn, snapshotColumn } from "./AlignerSnapshot.ts";
import type { Blocking } from "./Blocking.ts";
import { Column, unusedFrame } from "./Column.ts";
import { ColumnSet } from "./ColumnSet.ts";
import { cellOf } from "./cellOf.ts";
import { type Config, Grid } from "./Grid.ts";
import { checkPolicy } from "./Policy.ts";
import { Schedule } from "./Schedule.ts";

export type { AlignerCounters, AlignerOptions } from "./AlignerOptions.ts";

const NONE: readonly Frameset[] = [];
const NO_COLUMNS: readonly Column[] = [];

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
  readonly #options: ReturnType<typeof completeOptions>;
  readonly #onUnused: AlignerOptions["onUnused"];
  readonly #primary: string | undefined;
  readonly #columns = new ColumnSet();
  readonly #schedule: Schedule;
  /** S. */
  #skew: number;
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
    this.#options = completeOptions(options);
    this.#onUnused = options.onUnused;
    this.#primary = options.primary;
    this.#schedule = new Schedule(options.primary);
    this.#skew = options.skew;
  }

  /**
   * An aligner that goes on where the snapshot was taken: what follows in the log gives the very rows
   * that it would have given there.
   *
   * @param options Those of the aligner that gave the snapshot.
   * @throws {ConfigError} If the snapshot contradicts the options.
   */
  static restore(options: AlignerOptions, snapshot: AlignerSnapshot): Aligner {
    const aligner = new Aligner(options);
    for (const column of snapshot.columns) {
      const fresh = aligner.#columnFor(column.description);
      restoreColumn(fresh, column);
      aligner.#columns.add(fresh);
    }
    aligner.#schedule.lastTime = snapshot.lastTime;
    for (const config of snapshot.configs) aligner.#schedule.add(aligner.#gridOf(config));
    // The lateness in force is that of the newest record, which need not be that of the last origin.
    for (const { description } of snapshot.columns) aligner.#columnFor(description);
    aligner.#schedule.index = snapshot.index;
    aligner.#columns.adoptRetired(snapshot.retired);
    aligner.#skew = snapshot.skew;
    aligner.#frontier = snapshot.frontier;
    aligner.#due = snapshot.due;
    aligner.#rows = snapshot.rows;
    aligner.#unknownStream = snapshot.unknownStream;
    aligner.#refusedHeartbeats = snapshot.refusedHeartbeats;
    return aligner;
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
        for (const column of this.#columns.of(record.stream)) column.idle = true;
        this.#advance();
        break;
      case "ACTIVE":
        for (const column of this.#columns.of(record.stream)) {
          column.idle = false;
          column.closed = false;
        }
        break;
      case "CLOSED":
        for (const column of this.#columns.of(record.stream)) {
          column.closed = true;
          this.#reach(column, column.reached);
        }
        this.#advance();
        break;
      case "CONFIG":
        this.#configure(record);
        break;
      case "SKEW":
        if (record.skew >= 0) this.#skew = record.skew;
        this.#advance();
        break;
      case "CLOCK":
        for (const column of this.#columns.of(record.stream))
          column.clockUncertainty = record.uncertainty;
        break;
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
    return {
      rows: this.#rows,
      unknownStream: this.#unknownStream,
      refusedHeartbeats: this.#refusedHeartbeats,
      streams: this.#columns.counters(),
    };
  }

  /** Why the next row is not out yet; undefined before the first configuration. */
  blocking(): Blocking | undefined {
    const { grid, index, primary, next, soonest } = this.#schedule;
    if (grid === undefined) return undefined;
    const due = primary === undefined ? this.#due >= next : next < Number.POSITIVE_INFINITY;
    const time = (due ? next : soonest) as Micros;
    const waits = (due ? grid.columns : [])
      .map((column) => ({
        stream: column.description.stream,
        need: Math.max(column.need(time), column === primary ? time : -Infinity) as Micros,
        has: this.#known(column) as Micros,
      }))
      .filter(({ need, has }) => has < need);
    return { time, index, config: grid.config.version, due, waits };
  }

  /** All that it knows, to go on from with `restore`. */
  snapshot(): AlignerSnapshot {
    const { grid, pending, lastTime, index } = this.#schedule;
    return {
      skew: this.#skew,
      frontier: this.#frontier,
      due: this.#due,
      lastTime,
      index,
      rows: this.#rows,
      unknownStream: this.#unknownStream,
      refusedHeartbeats: this.#refusedHeartbeats,
      configs: [...(grid === undefined ? [] : [grid]), ...pending].map(({ config }) => config),
      columns: this.#columns.all().map(snapshotColumn),
      retired: this.#columns.retired(),
    };
  }

  #data(chunk: Chunk): void {
    const column = this.#columns.find(chunk);
    if (typeof column === "string") {
      this.#refuseChunk(column, chunk, 0);
      return;
    }
    const { originTimes, lengths, arrivalTime, epoch, firstSequence, payload } = chunk;
    const frames = originTimes.length;
    const size = column.frameBytes ?? payload.byteLength / frames;
    const latest = arrivalTime + this.#options.futureBound;
    let end = 0;
    for (let index = 0; index < frames; index++) {
      const time = originTimes[index] as Micros;
      const start = end;
      end += lengths === undefined ? size : (lengths[index] as number);
      column.received++;
      const isNew = column.sequences.add(epoch, firstSequence + index);
      const refusal = isNew
        ? column.judge(time, this.#frontier - this.#skew, latest, epoch)
        : "duplicate";
      if (refusal !== undefined) column.refuse(refusal, chunk, index, start, end);
      else if (!column.accept(time, chunk, index, start, end))
        column.refuse("equal", chunk, index, start, end);
      else {
        if (column.isOver) this.#relieve(column);
        this.#reach(column, Math.min(column.watermark, arrivalTime));
      }
      if (!this.#mayAdvance(column)) continue;
      this.#advance();
      if (!column.isRetired) continue;
      // A configuration that does not name the stream has just come into force.
      this.#refuseChunk("unknown-stream", chunk, index + 1);
      return;
    }
  }

  /** Refuses the frames of a chunk from `first` on. */
  #refuseChunk(reason: "unknown-stream" | "invalid", chunk: Chunk, first: number): void {
    const { originTimes, stream, site, payload } = chunk;
    const frames = originTimes.length - first;
    if (reason === "unknown-stream") this.#unknownStream += frames;
    else {
      const column = this.#columns.of(stream).find(({ description }) => description.site === site);
      column?.refuseAll(frames);
    }
    if (this.#onUnused === undefined) return;
    for (let index = first; index < originTimes.length; index++)
      this.#onUnused(unusedFrame(reason, chunk, index, payload));
  }

  #heartbeat(stream: string, until: Micros, logTime: Micros): void {
    const columns = this.#columns.of(stream);
    if (columns.length === 0) return;
    if (!Number.isSafeInteger(until) || until > logTime + this.#options.futureBound) {
      this.#refusedHeartbeats++;
      for (const column of columns) {
        if (!(until > column.refusedPromise)) continue;
        column.refusedPromise = until;
        // Of a stream that keeps up it is somebody else's.
        if (column.watermark <= this.#frontier - this.#skew) column.isAstray = true;
      }
      this.#advance();
      return;
    }
    // A frame may still be stamped `until` itself.
    const watermark = until - 1;
    for (const column of columns) {
      // Only a promise that goes further than the last one is a sign of life: the rest are repetitions.
      if (watermark <= column.promised) continue;
      column.promised = watermark;
      column.isAstray = watermark <= this.#frontier - this.#skew;
      column.idle = false;
      column.closed = false;
      if (watermark > column.watermark) column.watermark = watermark;
      const reached = Math.min(watermark, logTime);
      if (reached > column.reached) column.reached = reached;
      this.#reach(column, reached);
    }
    this.#advance();
  }

  #configure(config: Config): void {
    const grid = this.#gridOf(config);
    for (const column of grid.columns) this.#columns.add(column);
    this.#schedule.add(grid);
    this.#regrid();
    this.#advance();
  }

  #gridOf(config: Config): Grid {
    const primary = this.#primary;
    if (primary !== undefined && !config.streams.some(({ stream }) => stream === primary))
      throw new ConfigError("CONFIG", `the primary stream ${primary} expected among the streams`);
    return new Grid(
      config,
      config.streams.map((description) => this.#columnFor(description)),
    );
  }

  #columnFor(description: StreamDescription): Column {
    const { stream } = description;
    const { columns, capacity, capacityBytes } = this.#options;
    const policy = columns[stream];
    if (policy === undefined)
      throw new ConfigError("CONFIG", `a policy expected for each stream, got none for ${stream}`);
    checkPolicy(stream, policy, description.dtype);
    const known = this.#columns.match(description);
    if (known !== undefined) {
      known.description = description;
      return known;
    }
    const bounds = { frames: capacity, bytes: capacityBytes };
    const column = new Column(description, policy, bounds, this.#onUnused);
    column.isPrimary = stream === this.#primary;
    return column;
  }

  /** The next row may stand on another grid: what was known about it no longer holds. */
  #regrid(): void {
    this.#blocker = undefined;
    this.#columns.retain([this.#schedule.grid, ...this.#schedule.pending]);
  }

  /** Makes room in a full buffer: first what no row can use any more, then the oldest frame. */
  #relieve(column: Column): void {
    if (this.#schedule.grid !== undefined) column.evict(this.#schedule.soonest);
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
    const { primary, next } = this.#schedule;
    if (primary === column) return true;
    if (primary === undefined && this.#due < next) return false;
    const blocker = this.#blocker;
    if (blocker === undefined || blocker === column) return true;
    return this.#known(blocker) >= this.#blockerNeed;
  }

  #advance(): void {
    while (this.#isDue() && !this.#isBlocked()) this.#emit();
  }

  /** Whether a row may go out as far as its instant is concerned: nothing can come before it any more. */
  #isDue(): boolean {
    const { primary } = this.#schedule;
    if (primary === undefined) return this.#due >= this.#schedule.next;
    if (this.#schedule.settle()) this.#regrid();
    const { next } = this.#schedule;
    return next < Number.POSITIVE_INFINITY && this.#known(primary) >= next;
  }

  #isBlocked(): boolean {
    const time = this.#schedule.next;
    const before = this.#blocker;
    if (before !== undefined && this.#blocks(before, time)) return true;
    this.#blocker = undefined;
    const columns = this.#schedule.grid?.columns ?? NO_COLUMNS;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column;
      if (column === before || !this.#blocks(column, time)) continue;
      this.#blocker = column;
      return true;
    }
    return false;
  }

  #blocks(column: Column, time: number): boolean {
    const need = column.need(time);
    if (this.#known(column) >= need) return false;
    this.#blockerNeed = need;
    return true;
  }

  #emit(): void {
    const { grid, next: time, index } = this.#schedule;
    if (grid === undefined) return;
    const cells: Record<string, Cell> = {};
    for (const column of grid.columns) {
      // Asked just now, to see whether it blocks.
      const { needed } = column;
      cells[column.description.stream] = cellOf(column, time, needed, grid.period);
      if (needed > column.lock) column.lock = needed;
    }
    const { primary } = this.#schedule;
    if (primary !== undefined && time > primary.lock) primary.lock = time;
    const { site, config } = grid;
    const id = `${site}:${time}:${config.version}`;
    this.#out.push({ id, site, time: micros(time), index, config: config.version, cells });
    this.#rows++;
    if (this.#schedule.step()) this.#regrid();
    for (const column of this.#schedule.grid?.columns ?? []) column.evict(this.#schedule.soonest);
  }
}
