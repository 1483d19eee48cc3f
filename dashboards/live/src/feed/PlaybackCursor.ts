/** How a cursor follows the rows. Times in µs. */
export interface PlaybackOptions {
  /** Time between two rows. */
  readonly period: number;
  /** How far back the jitter of arrivals is looked at. */
  readonly memory: number;
}

/** Fastest that the cursor may run or stand back to correct itself, as a share of real time. */
const SLEW = 0.06;
/** An error that is not worth sliding towards: 1 s. */
const JUMP_US = 1_000_000;

/**
 * Turns rows that arrive unevenly into a time that flows evenly, a little behind the newest row.
 *
 * Arrival minus row time is the way's delay plus a constant. The cursor keeps behind the slowest
 * arrivals of the last seconds by one period, so that there is always a row to draw, and slides rather
 * than jumps to where it should be. All times in µs; `now` is any clock that flows evenly.
 */
export class PlaybackCursor {
  readonly #options: PlaybackOptions;
  #arrivals: { at: number; lag: number }[] = [];
  #lag: number | undefined;
  #lastNow = 0;
  #held: number | undefined;

  constructor(options: PlaybackOptions) {
    this.#options = options;
  }

  /** A row of this time has arrived now. */
  arrive(rowTime: number, now: number): void {
    this.#held = undefined;
    const lag = now - rowTime;
    const newest = this.#arrivals.at(-1);
    // The pipeline's time has jumped: what was known about the way is about another grid.
    if (newest !== undefined && Math.abs(lag - newest.lag) > 2 * JUMP_US) this.#arrivals = [];
    this.#arrivals.push({ at: now, lag });
    this.#arrivals = this.#arrivals.filter(({ at }) => now - at <= this.#options.memory);
  }

  /** Row time to show at the right edge now, or undefined before the first row. */
  time(now: number): number | undefined {
    if (this.#held !== undefined) return this.#held;
    const slowest = this.#arrivals.reduce((most, { lag }) => Math.max(most, lag), -Infinity);
    if (slowest === -Infinity) return undefined;
    const wanted = slowest + this.#options.period;
    const passed = Math.max(0, now - this.#lastNow);
    this.#lastNow = now;
    if (this.#lag === undefined || Math.abs(wanted - this.#lag) > JUMP_US) this.#lag = wanted;
    const step = SLEW * passed;
    this.#lag += Math.max(-step, Math.min(step, wanted - this.#lag));
    return now - this.#lag;
  }

  /** Stands still until the next row arrives. */
  hold(now: number): void {
    this.#held ??= this.time(now);
  }

  /** Forgets everything: another pipeline, another time. */
  reset(): void {
    this.#arrivals = [];
    this.#lag = undefined;
    this.#held = undefined;
  }
}
