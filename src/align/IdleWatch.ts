import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { type Micros, micros, millis } from "../units.ts";

/** How an `IdleWatch` measures silence. */
export interface IdleWatchOptions {
  /** Streams to watch, each with its idle timeout. */
  readonly streams: readonly StreamDescription[];
  /** When watching begins: a stream never heard is silent since then. */
  readonly since: Micros;
  /**
   * Longest time between two polls that counts in full, in µs; what is beyond it was our own pause, not
   * the sensors' silence. At least the interval at which `poll` is called. Default 50 ms.
   */
  readonly maxStep?: Micros;
}

interface Watched {
  readonly stream: string;
  readonly timeout: number;
  /** Watch time of its last sign of life. */
  heard: number;
  idle: boolean;
  /** Ended by itself; not watched until it is heard again. */
  ended: boolean;
}

/**
 * Declares streams idle after their idle timeout of silence, on our clock, as records for the log.
 *
 * Key behaviours (alignment.md 9, two-stage idleness, b):
 * - The clock is the caller's: it polls every 10 ms or so, and says when it hears a stream.
 * - Silence is counted from the last frame, in time during which we were polling: a pause of ours makes
 *   nobody idle (FLIP-471), and a timer that fires late does not add to it (FLINK-40503).
 * - The stream heard last is never declared idle while all others are: when everyone is silent there is
 *   nothing to go on with. Where a stream has ended by itself the rest may: the rows up to its end remain.
 */
export class IdleWatch {
  #streams: ReadonlyMap<string, Watched>;
  readonly #maxStep: number;
  /** Time during which we were polling, in µs. */
  #time = 0;
  #polled: number;

  /** @throws {ConfigError} If `maxStep` ≤ 0. */
  constructor({ streams, since, maxStep = millis(50) }: IdleWatchOptions) {
    if (!(maxStep > 0))
      throw new ConfigError("IdleWatch", `maxStep must be > 0 us, got ${maxStep}`);
    this.#maxStep = maxStep;
    this.#polled = since;
    this.#streams = new Map();
    this.follow(streams);
  }

  /** Watches these streams from now on: silence of new ones counts from here, that of others as it did. */
  follow(streams: readonly StreamDescription[]): void {
    const before = this.#streams;
    const fresh = { heard: this.#time, idle: false, ended: false };
    this.#streams = new Map(
      streams.map(({ stream, idleTimeout: timeout }) => [
        stream,
        before.get(stream) ?? { stream, timeout, ...fresh },
      ]),
    );
  }

  /**
   * Notes a sign of life: a frame or a heartbeat that came in at `now`.
   *
   * @returns The ACTIVE record to append before it, if the stream was idle.
   */
  heard(stream: string, now: Micros): LogRecord[] {
    const watched = this.#streams.get(stream);
    if (watched === undefined) return [];
    watched.heard = this.#timeAt(now);
    watched.ended = false;
    if (!watched.idle) return [];
    watched.idle = false;
    return [{ kind: "ACTIVE", logTime: now, stream }];
  }

  /**
   * Looks at all streams.
   *
   * @returns The IDLE records to append, those silent longest first.
   */
  poll(now: Micros): LogRecord[] {
    this.#time = this.#timeAt(now);
    this.#polled = Math.max(this.#polled, now);
    const all = [...this.#streams.values()];
    const awake = all
      .filter((watched) => !watched.idle && !watched.ended)
      .sort((a, b) => a.heard - b.heard);
    const spared = all.some((watched) => watched.ended) ? undefined : awake.at(-1);
    const silent = awake
      .filter((watched) => this.#time - watched.heard >= watched.timeout)
      .filter((watched) => watched !== spared);
    for (const watched of silent) watched.idle = true;
    return silent.map(({ stream }) => ({ kind: "IDLE", logTime: now, stream }));
  }

  /** For how long the stream has said nothing, our own pauses not counted, in µs; 0 if not watched. */
  silence(stream: string): Micros {
    const watched = this.#streams.get(stream);
    return micros(watched === undefined ? 0 : this.#time - watched.heard);
  }

  /** Notes that a stream ended by itself: its silence says nothing from here on. */
  ended(stream: string): void {
    const watched = this.#streams.get(stream);
    if (watched !== undefined) watched.ended = true;
  }

  #timeAt(now: number): number {
    return this.#time + Math.min(Math.max(0, now - this.#polled), this.#maxStep);
  }
}
