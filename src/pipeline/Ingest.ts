import { type Observable, Subject } from "rxjs";

import { IdleWatch } from "../align/IdleWatch.ts";
import type { Clock } from "../clock/Clock.ts";
import { PublisherClock } from "../clock/PublisherClock.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { type Micros, millis } from "../units.ts";
import type { Wave } from "../wire/ClockProber.ts";
import type { Publisher, WireMessage } from "../wire/WireMessage.ts";

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
 * - The log time never goes back.
 */
export class Ingest {
  readonly records: Observable<LogRecord>;
  readonly #records = new Subject<LogRecord>();
  readonly #clock: Clock;
  readonly #streams: readonly StreamDescription[];
  readonly #readsOurClock: (stream: string) => boolean;
  /** The clock of each stream's publisher, by the boot that was probed last. */
  readonly #clocks = new Map<string, { readonly epoch: number; readonly clock: PublisherClock }>();
  #idle: IdleWatch;

  constructor({ clock, streams, readsOurClock = () => false }: IngestOptions) {
    this.#clock = clock;
    this.#readsOurClock = readsOurClock;
    this.#streams = streams;
    this.#idle = new IdleWatch({ streams, since: clock.now() });
    this.records = this.#records.asObservable();
  }

  /** Starts the grid and the watch over silence. */
  configure(config: {
    readonly version: number;
    readonly origin: Micros;
    readonly period: Micros;
  }): void {
    // Silence counts from where the grid starts: sensors are given until then to get up.
    this.#idle = new IdleWatch({
      streams: this.#streams,
      since: Math.max(config.origin, this.#clock.now()) as Micros,
    });
    this.#append({ kind: "CONFIG", ...config, streams: this.#streams });
  }

  /** A sensor's message came in. */
  accept(message: WireMessage): void {
    if (message.kind === "data") {
      const { chunk } = message;
      const clock = this.#clockOf(chunk);
      const logTime = this.#clock.now();
      this.#heard(chunk.stream, logTime);
      this.#emit({
        kind: "DATA",
        logTime,
        chunk: clock
          ? { ...chunk, originTimes: chunk.originTimes.map((time) => clock.toOurs(time)) }
          : chunk,
      });
      return;
    }
    const { stream, until } = message;
    this.#heard(stream, this.#clock.now());
    const clock = this.#clockOf(message);
    this.#append({ kind: "HEARTBEAT", stream, until: clock ? clock.toOurs(until) : until });
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
    if (model !== undefined) this.#append({ kind: "CLOCK", stream, epoch, ...model });
  }

  /** From here on this model gives the readings. */
  serve(version: string): void {
    this.#append({ kind: "MODEL", version });
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
  }
}
