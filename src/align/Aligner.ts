import { ConfigError } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { Frameset } from "../frames/Frameset.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { Micros } from "../units.ts";
import { type AlignerCounters, type AlignerOptions, completeOptions } from "./AlignerOptions.ts";
import { type AlignerSnapshot, restoreColumn, snapshotColumn } from "./AlignerSnapshot.ts";
import type { Blocking } from "./Blocking.ts";
import { bytesOf } from "./bytesOf.ts";
import { Column } from "./Column.ts";
import { ColumnSet } from "./ColumnSet.ts";
import { Frontier } from "./Frontier.ts";
import { type Config, Grid } from "./Grid.ts";
import { checkPolicy } from "./Policy.ts";
import { primaryAmong } from "./Role.ts";
import { Rows } from "./Rows.ts";
import { type UnusedReason, unusedFrame } from "./UnusedFrame.ts";

export type { AlignerCounters, AlignerOptions } from "./AlignerOptions.ts";

/**
 * Forms the rows of one site's log: for every instant of a grid the frames that belong to it.
 *
 * Key behaviours (alignment.md 9):
 * - Pure and synchronous: rows are a function of the records pushed, in their order, and of nothing else.
 * - No stream is the master: the grid starts with the CONFIG record, a row is due once any stream alone
 *   could settle it, and goes out once every stream that is not optional is known as far as its policy
 *   needs, is idle or closed, or lags by more than `skew`.
 * - Rows come out in order, each once. A frame that comes after its row was settled is refused as late;
 *   with a `revisionHorizon` it is taken in, and the rows it changes are told again.
 * - Every frame that is part of no row is counted under one reason and handed to `onUnused`.
 * - No input throws but a CONFIG record that contradicts the options.
 * - Buffers are bounded; payloads are borrowed from the records.
 */
export class Aligner {
  readonly #options: ReturnType<typeof completeOptions>;
  readonly #primary: string | undefined;
  readonly #revises: boolean;
  readonly #columns = new ColumnSet();
  readonly #frontier: Frontier;
  readonly #rows: Rows;
  #unknownStream = 0;
  #refusedHeartbeats = 0;

  /** @throws {ConfigError} If a bound is out of its range, or the roles contradict one another. */
  constructor(options: AlignerOptions) {
    this.#options = completeOptions(options);
    const { roles, columns, skew, futureBound, longestEmpty, revisionHorizon } = this.#options;
    this.#primary = primaryAmong(roles, columns);
    this.#revises = revisionHorizon > 0;
    this.#frontier = new Frontier(skew, futureBound);
    this.#rows = new Rows({
      frontier: this.#frontier,
      primary: this.#primary,
      longestEmpty,
      revisionHorizon,
      onGrid: () => {
        const { grid, pending } = this.#rows.schedule;
        this.#columns.retain([grid, ...pending]);
      },
    });
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
    const columns = aligner.#columns;
    for (const column of snapshot.columns) {
      const fresh = aligner.#columnFor(column.description);
      restoreColumn(fresh, column);
      columns.add(fresh);
    }
    aligner.#rows.restore(
      snapshot,
      snapshot.configs.map((config) => aligner.#gridOf(config)),
    );
    // The lateness in force is that of the newest record, which need not be that of the last origin.
    for (const { description } of snapshot.columns) aligner.#columnFor(description);
    columns.adoptRetired(snapshot.retired);
    aligner.#frontier.skew = snapshot.skew;
    aligner.#frontier.furthest = snapshot.frontier;
    aligner.#frontier.due = snapshot.due;
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
    if (record.kind === "DATA") this.#data(record.chunk);
    else this.#note(record);
    return this.#rows.take();
  }

  /** What became of every frame so far, and how many rows there were. */
  counters(): AlignerCounters {
    const { count, revisions, skipped } = this.#rows;
    return {
      rows: count,
      revisions,
      skipped,
      unknownStream: this.#unknownStream,
      refusedHeartbeats: this.#refusedHeartbeats,
      streams: this.#columns.counters(),
    };
  }

  /** Why the next row is not out yet; undefined before the first configuration. */
  blocking(): Blocking | undefined {
    return this.#rows.blocking();
  }

  /** All that it knows, to go on from with `restore`. */
  snapshot(): AlignerSnapshot {
    const { skew, furthest, due } = this.#frontier;
    return {
      skew,
      frontier: furthest,
      due,
      ...this.#rows.snapshot(),
      unknownStream: this.#unknownStream,
      refusedHeartbeats: this.#refusedHeartbeats,
      columns: this.#columns.all().map(snapshotColumn),
      retired: this.#columns.retired(),
    };
  }

  #note(record: Exclude<LogRecord, { kind: "DATA" }>): void {
    switch (record.kind) {
      case "HEARTBEAT":
        this.#heartbeat(record.stream, record.until, record.logTime);
        break;
      case "IDLE":
        for (const column of this.#columns.of(record.stream)) column.idle = true;
        this.#rows.advance();
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
          this.#frontier.reach(column, column.reached);
        }
        this.#rows.advance();
        break;
      case "CONFIG":
        this.#configure(record);
        break;
      case "SKEW":
        if (record.skew >= 0) this.#frontier.skew = record.skew;
        this.#rows.advance();
        break;
      case "CLOCK":
        for (const column of this.#columns.of(record.stream))
          column.clockUncertainty = record.uncertainty;
        break;
      case "MODEL":
      case "LABEL":
        break;
    }
  }

  #data(chunk: Chunk): void {
    const column = this.#columns.recent(chunk.stream);
    if (column === undefined || !column.takeAlone(chunk, this.#frontier)) {
      this.#chunk(chunk);
      return;
    }
    if (this.#revises) this.#rows.revise(column, chunk.originTimes[0] as number);
    if (this.#rows.mayAdvance(column)) this.#rows.advance();
  }

  #chunk(chunk: Chunk): void {
    const column = this.#columns.find(chunk);
    if (column === undefined) {
      this.#refuseChunk(this.#columns.reasonAgainst(chunk), chunk, 0);
      return;
    }
    const { originTimes } = chunk;
    for (let index = 0; index < originTimes.length; index++) {
      const time = originTimes[index] as number;
      const isTaken =
        column.takeInTurn(chunk, index, this.#frontier) || this.#judge(column, chunk, index);
      if (isTaken && this.#revises) this.#rows.revise(column, time);
      if (!this.#rows.mayAdvance(column)) continue;
      this.#rows.advance();
      if (!column.isRetired) continue;
      // A configuration that does not name the stream has just come into force.
      this.#refuseChunk("unknown-stream", chunk, index + 1);
      return;
    }
  }

  /** Looks closely at a frame that is not just the next one of its stream; false if it is refused. */
  #judge(column: Column, chunk: Chunk, index: number): boolean {
    const { epoch, firstSequence, arrivalTime } = chunk;
    const { earliest, futureBound } = this.#frontier;
    const { start, end } = bytesOf(chunk, index);
    const time = chunk.originTimes[index] as number;
    const latest = arrivalTime + futureBound;
    column.received++;
    const isNew = column.sequences.add(epoch, firstSequence + index);
    let refusal: UnusedReason | undefined = isNew
      ? column.judge(time, earliest, latest, epoch)
      : "duplicate";
    const isBelated = refusal === "late" && this.#rows.mayRevise(column, time);
    if (isBelated) refusal = undefined;
    if (refusal === undefined && !column.accept(time, chunk, index, start, end)) refusal = "equal";
    if (refusal !== undefined) {
      column.refuse(refusal, chunk, index, start, end);
      return false;
    }
    if (isBelated) column.belated++;
    if (column.isOver) this.#rows.relieve(column);
    this.#frontier.follow(column, arrivalTime);
    return true;
  }

  /** Refuses the frames of a chunk from `first` on. */
  #refuseChunk(reason: "unknown-stream" | "invalid", chunk: Chunk, first: number): void {
    const { originTimes, stream, site, payload } = chunk;
    const frames = originTimes.length - first;
    if (reason === "unknown-stream") this.#unknownStream += frames;
    else
      this.#columns
        .of(stream)
        .find((column) => column.site === site)
        ?.refuseAll(frames);
    const { onUnused } = this.#options;
    if (onUnused === undefined) return;
    for (let index = first; index < originTimes.length; index++)
      onUnused(unusedFrame(reason, chunk, index, payload));
  }

  #heartbeat(stream: string, until: Micros, logTime: Micros): void {
    const columns = this.#columns.of(stream);
    if (columns.length === 0) return;
    const { earliest, futureBound } = this.#frontier;
    if (!Number.isSafeInteger(until) || until > logTime + futureBound) {
      this.#refusedHeartbeats++;
      for (const column of columns) {
        if (!(until > column.refusedPromise)) continue;
        column.refusedPromise = until;
        // Of a stream that keeps up it is somebody else's.
        if (column.watermark <= earliest) column.isAstray = true;
      }
    } else
      for (const column of columns)
        if (column.promise(until, logTime, this.#frontier.earliest))
          this.#frontier.reach(column, Math.min(until - 1, logTime));
    this.#rows.advance();
  }

  #configure(config: Config): void {
    const grid = this.#gridOf(config);
    for (const column of grid.columns) this.#columns.add(column);
    this.#rows.configure(grid);
    this.#rows.advance();
  }

  #gridOf(config: Config): Grid {
    const primary = this.#primary;
    if (primary !== undefined && !config.streams.some(({ stream }) => stream === primary))
      throw new ConfigError("CONFIG", `expected the primary stream ${primary} among the streams`);
    return new Grid(
      config,
      config.streams.map((description) => this.#columnFor(description)),
    );
  }

  #columnFor(description: StreamDescription): Column {
    const { stream } = description;
    const { columns, guests, roles, capacity, capacityBytes, onUnused } = this.#options;
    const isGuest = !Object.hasOwn(columns, stream);
    const policy = isGuest ? guests?.(description) : columns[stream];
    if (policy === undefined)
      throw new ConfigError("CONFIG", `expected a policy for each stream, got none for ${stream}`);
    checkPolicy(stream, policy, description.dtype);
    const known = this.#columns.match(description);
    if (known !== undefined) {
      known.description = description;
      return known;
    }
    const bounds = { frames: capacity, bytes: capacityBytes };
    const role = isGuest ? "optional" : (roles[stream] ?? "required");
    return new Column({ description, policy, role, bounds, onUnused });
  }
}
