import { type Observable, Subject } from "rxjs";

import { IdleWatch } from "../align/IdleWatch.ts";
import type { Clock } from "../clock/Clock.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { Micros } from "../units.ts";
import type { WireMessage } from "../wire/WireMessage.ts";

/** A record before it is stamped: every kind without its `logTime`. */
type Unstamped = LogRecord extends infer Record
  ? Record extends LogRecord
    ? Omit<Record, "logTime">
    : never
  : never;

export interface IngestOptions {
  readonly clock: Clock;
  readonly streams: readonly StreamDescription[];
}

/**
 * Brings everything that happens into one order: the site's log.
 *
 * Key behaviours:
 * - What comes in by wire, by silence, by command or by configuration becomes a record, stamped and
 *   emitted once, in the order in which it was told. Nothing reaches the rooms below in another way.
 * - Synchronous: when a method returns, all that follows from the record has followed.
 * - The log time never goes back.
 */
export class Ingest {
  readonly records: Observable<LogRecord>;
  readonly #records = new Subject<LogRecord>();
  readonly #clock: Clock;
  readonly #streams: readonly StreamDescription[];
  #idle: IdleWatch;

  constructor({ clock, streams }: IngestOptions) {
    this.#clock = clock;
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
      this.#heard(message.chunk.stream);
      this.#append({ kind: "DATA", chunk: message.chunk });
      return;
    }
    const { stream, until } = message;
    this.#heard(stream);
    this.#append({ kind: "HEARTBEAT", stream, until });
    if (message.kind === "bye") {
      this.#idle.ended(stream);
      this.#append({ kind: "CLOSED", stream });
    }
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

  #heard(stream: string): void {
    for (const record of this.#idle.heard(stream, this.#clock.now())) this.#emit(record);
  }

  #append(record: Unstamped): void {
    this.#emit({ ...record, logTime: this.#clock.now() });
  }

  #emit(record: LogRecord): void {
    this.#records.next(record);
  }
}
