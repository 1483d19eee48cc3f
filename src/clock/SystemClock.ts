import { type Micros, micros } from "../units.ts";
import { abortable } from "./abortable.ts";
import type { Clock } from "./Clock.ts";

/** How far the wall clock may run ahead before we follow it at once: past a suspend, not past jitter. */
const STEP_US = 250_000;
/** How long the two clocks are compared when a clock is made, and how often at most. */
const ANCHOR_MS = 1.5;
const MOST_READINGS = 100_000;
/** Longest delay a Node timer takes. */
const LONGEST_DELAY_MS = 2_147_483_647;

/** Where `SystemClock` reads: injected in tests, the process's own clocks otherwise. */
export interface TimeSources {
  /** Milliseconds since the Unix epoch; may be stepped either way by whoever sets the machine's clock. */
  readonly wall: () => number;
  /** Milliseconds since anything; never goes back, stands still while the machine is suspended. */
  readonly monotonic: () => number;
}

const PROCESS_SOURCES: TimeSources = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
};

/**
 * The machine's own time, made safe to order by.
 *
 * - Runs on the monotonic clock, anchored to the wall clock when it is made.
 * - Follows the wall clock at once when that is more than 250 ms ahead (the machine slept, or its
 *   clock was set forward). Never follows it back.
 * - Two processes of one machine agree to within 0.1 ms or so, unless its clock was set back between
 *   their starts. Anchoring takes 1.5 ms.
 */
export class SystemClock implements Clock {
  readonly #sources: TimeSources;
  #offsetUs: number;
  #last: Micros;

  constructor(sources: TimeSources = PROCESS_SOURCES) {
    this.#sources = sources;
    this.#offsetUs = anchor(sources) * 1_000;
    this.#last = micros(sources.monotonic() * 1_000 + this.#offsetUs);
  }

  now(): Micros {
    const wallUs = this.#sources.wall() * 1_000;
    const monotonicUs = this.#sources.monotonic() * 1_000;
    if (wallUs > monotonicUs + this.#offsetUs + STEP_US) this.#offsetUs = wallUs - monotonicUs;
    this.#last = micros(Math.max(this.#last, monotonicUs + this.#offsetUs));
    return this.#last;
  }

  async until(time: Micros, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    // A timer may fire early or, after a clock step, too late to matter: ask the clock, not the timer.
    for (let left = time - this.now(); left > 0; left = time - this.now()) {
      const delay = Math.min(LONGEST_DELAY_MS, Math.ceil(left / 1_000));
      await abortable(signal, (settle) => {
        const timer = setTimeout(settle, delay);
        return () => clearTimeout(timer);
      });
    }
  }
}

/**
 * Wall clock minus monotonic clock, in ms.
 *
 * The wall clock comes in whole milliseconds, and a busy machine may stop us between reading the one
 * clock and the other. Both make a single difference too small, never too large: the largest of many,
 * over more than one tick of the wall clock, is right.
 */
function anchor({ wall, monotonic }: TimeSources): number {
  const start = monotonic();
  let largest = -Infinity;
  for (let reading = 0; reading < MOST_READINGS && monotonic() - start < ANCHOR_MS; reading++)
    largest = Math.max(largest, wall() - monotonic());
  return largest;
}
