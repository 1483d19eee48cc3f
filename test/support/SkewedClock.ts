import type { Clock } from "../../src/clock/Clock.ts";
import { type Micros, micros } from "../../src/units.ts";

/** A clock as another machine may have it: wrong, and drifting away from `clock` since it was made. */
export class SkewedClock implements Clock {
  readonly #clock: Clock;
  readonly #start: Micros;
  readonly #ppm: number;
  #offset: number;

  constructor(clock: Clock, skew: { readonly offset: number; readonly ppm: number }) {
    this.#clock = clock;
    this.#start = clock.now();
    this.#offset = skew.offset;
    this.#ppm = skew.ppm;
  }

  now(): Micros {
    const ours = this.#clock.now();
    return micros(ours + this.#offset + (ours - this.#start) * this.#ppm * 1e-6);
  }

  /** Sets it, as its owner would: by `offset` µs, forward or back. */
  set(offset: number): void {
    this.#offset += offset;
  }

  async until(time: Micros, signal?: AbortSignal): Promise<void> {
    for (let left = time - this.now(); left > 0; left = time - this.now())
      await this.#clock.until(micros(this.#clock.now() + Math.max(1, left)), signal);
  }
}
