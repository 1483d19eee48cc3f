import { ConfigError } from "../errors.ts";
import type { Micros } from "../units.ts";
import { abortable } from "./abortable.ts";
import type { Clock } from "./Clock.ts";

interface Waiter {
  readonly time: Micros;
  readonly settle: () => void;
}

/**
 * A clock that moves only when told to: a recording's time, or a test's.
 *
 * Whoever waits is released in order of time, and for equal times in the order they began to wait, so
 * that what runs on it does not depend on how fast the machine is.
 */
export class DrivenClock implements Clock {
  #now: Micros;
  readonly #waiters = new Set<Waiter>();

  constructor(start: Micros) {
    this.#now = start;
  }

  now(): Micros {
    return this.#now;
  }

  /**
   * Moves to `time` and releases everyone who waited for it.
   *
   * @throws {ConfigError} If `time` is before now.
   */
  advance(time: Micros): void {
    if (!(time >= this.#now))
      throw new ConfigError("DrivenClock.advance", `time must be >= ${this.#now} us, got ${time}`);
    this.#now = time;
    const due = [...this.#waiters].filter((waiter) => waiter.time <= time);
    due.sort((a, b) => a.time - b.time);
    for (const waiter of due) {
      this.#waiters.delete(waiter);
      waiter.settle();
    }
  }

  async until(time: Micros, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#now >= time) return;
    await abortable(signal, (settle) => {
      const waiter = { time, settle };
      this.#waiters.add(waiter);
      return () => this.#waiters.delete(waiter);
    });
  }
}
