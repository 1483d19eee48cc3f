import { type Micros, micros } from "../units.ts";

/** The longest time for which nothing was said. */
export class GapWatch {
  #last: Micros | undefined;
  #longest = micros(0);

  /** Something was said at `now`. */
  heard(now: Micros): void {
    if (this.#last !== undefined) this.#longest = micros(Math.max(this.#longest, now - this.#last));
    this.#last = now;
  }

  /** Longest time between two utterances so far; 0 before the second. */
  get longest(): Micros {
    return this.#longest;
  }
}
