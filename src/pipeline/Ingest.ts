import { type Observable, Subject } from "rxjs";

import { IdleWatch } from "../align/IdleWatch.ts";
import { SkewTuner, type SkewTunerOptions } from "../align/SkewTuner.ts";
import type { Clock } from "../clock/Clock.ts";
import { type ClockModel, IDENTITY } from "../clock/ClockModel.ts";
import { PublisherClock } from "../clock/PublisherClock.ts";
import { Smoother } from "../clock/Smoother.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord, ServedVersion } from "../log/LogRecord.ts";
import { type Hertz, type Micros, micros, millis } from "../units.ts";
import type { Wave } from "../wire/ClockProber.ts";
import type { Publisher, StreamNotice, WireMessage } from "../wire/WireMessage.ts";

/** A record before it is stamped: every kind without its `logTime`. */
type Unstamped = LogRecord extends infer Record
  ? Record extends LogRecord
    ? Omit<Record, "logTime">
    : never
  : never;

/**
 * How far a publisher that reads our own clock must seem off before we believe it: what a busy machine adds
 * to a round trip is no error of the clock.
 */
const SAME_CLOCK_TOLERANCE = millis(5);

export interface IngestOptions {
  readonly clock: Clock;
  readonly streams: readonly StreamDescription[];
  /** Whether a stream's publisher runs on this machine, and so reads our own clock. None does unless given. */
  readonly readsOurClock?: (stream: string) => boolean;
  /** Tunes the skew bound to how far the streams run apart. It stays as it is unless given. */
  readonly skew?: SkewTunerOptions;
}

/** What a CONFIG record says besides the streams. */
export interface GridConfig {
  readonly version: number;
  readonly origin: Micros;
  readonly period: Micros;
}

/** The jitter of one boot of a stream. */
interface Smoothed {
  readonly epoch: number;
  readonly smoother: Smoother;
}

/**
 * Brings everything that happens into one order: the site's log.
 *
 * Key behaviours:
 * - What comes in by wire, by silence, by command or by configuration becomes a record, stamped and
 *   emitted once, in the order in which it was told. Nothing reaches the rooms below in another way.
 * - Synchronous: when a method returns, all that follows from the record has followed.
 * - Publishers' times are brought to our clock here, once, by what is known of theirs at this moment;
 *   what is stored is never computed again. Each change of that knowledge is a CLOCK record before what it
 *   applies to. Times of publishers that are not probed are taken as they are.
 * - The jitter of streams that say so is taken out of their times here too, and the skew bound follows the
 *   streams where that is asked for, each change a record: CLOCK with `jitter`, SKEW. So a replay needs to
 *   know of neither.
 * - The log time never goes back.
 */
export class Ingest {
  readonly records: Observable<LogRecord>;
  readonly #records = new Subject<LogRecord>();
  readonly #clock: Clock;
  #streams: readonly StreamDescription[];
  /** The configuration in force, as far as it is not the streams. */
  #grid: GridConfig | undefined;
  readonly #readsOurClock: (stream: string) => boolean;
  /** The clock of each stream's publisher, by the boot that was probed last. */
  readonly #clocks = new Map<string, { readonly epoch: number; readonly clock: PublisherClock }>();
  /** Rates of the streams whose times are smoothed. */
  #jittered: ReadonlyMap<string, Hertz | "irregular">;
  readonly #smoothed = new Map<string, Smoothed>();
  readonly #tuner: SkewTuner | undefined;
  #idle: IdleWatch;
  /** Whether a log that is gone on with ended with streams that are not ours. */
  #hadGuests = false;

  /** @throws {ConfigError} If a bound of the skew is out of its range. */
  constructor({ clock, streams, readsOurClock = () => false, skew }: IngestOptions) {
    this.#clock = clock;
    this.#readsOurClock = readsOurClock;
    this.#streams = streams;
    this.#jittered = jitteredAmong(streams);
    this.#tuner = skew === undefined ? undefined : new SkewTuner(skew);
    this.#idle = new IdleWatch({ streams, since: clock.now() });
    this.records = this.#records.asObservable();
  }

  /** Starts the grid and the watch over silence. */
  configure(config: GridConfig): void {
    // Silence counts from where the grid starts: sensors are given until then to get up.
    this.#idle = new IdleWatch({
      streams: this.#streams,
      since: Math.max(config.origin, this.#clock.now()) as Micros,
    });
    this.#grid = config;
    this.#append({ kind: "CONFIG", ...config, streams: this.#streams });
  }

  /**
   * From here on there are these streams: a configuration of the next version, on the same grid. Silence of
   * those that stay counts on. Before the grid there is nothing to put on record.
   */
  restream(streams: readonly StreamDescription[]): void {
    this.#streams = streams;
    this.#jittered = jitteredAmong(streams);
    this.#idle.follow(streams);
    const names = new Set(streams.map(({ stream }) => stream));
    for (const known of [this.#clocks, this.#smoothed])
      for (const stream of known.keys()) if (!names.has(stream)) known.delete(stream);
    if (this.#grid === undefined) return;
    this.#grid = { ...this.#grid, version: this.#grid.version + 1 };
    this.#append({ kind: "CONFIG", ...this.#grid, streams });
  }

  /**
   * Goes on with a log: its configuration holds, but for guests, whose sensors went with the run that had them.
   *
   * @param idle Who has been silent since when.
   */
  resume(idle: IdleWatch): void {
    this.#idle = idle;
    if (this.#hadGuests) this.restream(this.#streams);
  }

  /** A record of a log that is gone on with. */
  recall(record: LogRecord): void {
    this.#tuner?.observe(record);
    if (record.kind !== "CONFIG") return;
    const { version, origin, period, streams } = record;
    this.#grid = { version, origin, period };
    const own = new Set(this.#streams.map(({ stream }) => stream));
    this.#hadGuests = streams.some(({ stream }) => !own.has(stream));
  }

  /** A sensor's message came in. */
  accept(message: WireMessage): void {
    if (message.kind === "data") {
      const logTime = this.#clock.now();
      this.#heard(message.chunk.stream, logTime);
      const chunk = this.#onOurClock(message.chunk, logTime);
      this.#emit({ kind: "DATA", logTime, chunk });
      return;
    }
    const { stream } = message;
    this.#heard(stream, this.#clock.now());
    this.#append({ kind: "HEARTBEAT", stream, until: this.#promised(message) });
    if (message.kind === "bye") {
      this.#idle.ended(stream);
      this.#append({ kind: "CLOSED", stream });
    }
  }

  /** A sensor's clock has been probed. */
  measured({ stream, epoch, samples }: Wave): void {
    if (!this.#streams.some((description) => description.stream === stream)) return;
    const known = this.#clocks.get(stream);
    const tolerance = this.#readsOurClock(stream) ? { tolerance: SAME_CLOCK_TOLERANCE } : {};
    const clock = known?.epoch === epoch ? known.clock : new PublisherClock(tolerance);
    this.#clocks.set(stream, { epoch, clock });
    const model = clock.add(samples);
    if (model !== undefined) this.#tellClock({ stream, epoch }, this.#clock.now(), model);
  }

  /** From here on this version gives the readings. */
  serve(model: ServedVersion): void {
    this.#append({ kind: "MODEL", ...model });
  }

  /** Somebody knows what happened. */
  label(label: Label): void {
    this.#append({ kind: "LABEL", label });
  }

  /** Looks for streams that fell silent; to be called every 10 ms or so of the clock. */
  poll(): void {
    for (const record of this.#idle.poll(this.#clock.now())) this.#emit(record);
  }

  /** Ends the log. */
  complete(): void {
    this.#records.complete();
  }

  /** The chunk with its times on our clock, without their jitter. */
  #onOurClock(chunk: Chunk, logTime: Micros): Chunk {
    const clock = this.#clockOf(chunk);
    const rate = this.#jittered.get(chunk.stream);
    if (clock === undefined && rate === undefined) return chunk;
    const stamps =
      clock === undefined ? chunk.originTimes : chunk.originTimes.map((time) => clock.toOurs(time));
    if (rate === undefined) return { ...chunk, originTimes: stamps };
    const smoother = this.#smootherOf(chunk) ?? this.#smootherFor(chunk, rate);
    const originTimes = smoother.smooth(chunk.firstSequence, stamps);
    const news = smoother.news();
    if (news !== undefined) {
      const model = { ...(clock?.model ?? IDENTITY), stepped: news.stepped };
      this.#tellClock(chunk, logTime, model, news);
    }
    return { ...chunk, originTimes };
  }

  /** What a notice's `until` promises on our clock; of a farewell all of it, since nothing follows. */
  #promised(notice: StreamNotice): Micros {
    const clock = this.#clockOf(notice);
    const until = clock === undefined ? notice.until : clock.toOurs(notice.until);
    return notice.kind === "bye" ? until : (this.#smootherOf(notice)?.promise(until) ?? until);
  }

  #smootherOf({ stream, epoch }: Pick<Publisher, "stream" | "epoch">): Smoother | undefined {
    const known = this.#smoothed.get(stream);
    return known?.epoch === epoch ? known.smoother : undefined;
  }

  #smootherFor({ stream, epoch }: Publisher, rate: Hertz | "irregular"): Smoother {
    const smoother = new Smoother(rate);
    this.#smoothed.set(stream, { epoch, smoother });
    return smoother;
  }

  /** Puts on record what is known of a publisher's times, its clock's share and its jitter's. */
  #tellClock(
    { stream, epoch }: Pick<Publisher, "stream" | "epoch">,
    logTime: Micros,
    model: ClockModel,
    smoothing = this.#smootherOf({ stream, epoch })?.told,
  ): void {
    const { jitter, uncertainty = 0 } = smoothing ?? {};
    this.#emit({
      kind: "CLOCK",
      logTime,
      stream,
      epoch,
      ...model,
      uncertainty: micros(model.uncertainty + uncertainty),
      ...(jitter !== undefined && { jitter }),
    });
  }

  /** The clock of whoever speaks; undefined for one that is not probed. */
  #clockOf({ stream, epoch }: Publisher): PublisherClock | undefined {
    const known = this.#clocks.get(stream);
    return known?.epoch === epoch ? known.clock : undefined;
  }

  #heard(stream: string, now: Micros): void {
    for (const record of this.#idle.heard(stream, now)) this.#emit(record);
  }

  #append(record: Unstamped): void {
    this.#emit({ ...record, logTime: this.#clock.now() });
  }

  #emit(record: LogRecord): void {
    this.#records.next(record);
    if (this.#tuner === undefined) return;
    for (const tuned of this.#tuner.observe(record)) this.#records.next(tuned);
  }
}

function jitteredAmong(streams: readonly StreamDescription[]): Map<string, Hertz | "irregular"> {
  return new Map(
    streams.filter(({ timing }) => timing === "jittered").map(({ stream, rate }) => [stream, rate]),
  );
}
