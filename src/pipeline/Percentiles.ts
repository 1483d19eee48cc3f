import { createHistogram } from "node:perf_hooks";

import { type Micros, micros } from "../units.ts";

/** Quantiles of durations, in constant memory; accurate to three significant digits. */
export class Percentiles {
  readonly #histogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
  #last = micros(0);

  /** Takes one duration into account; anything below 1 µs counts as 1 µs. */
  record(duration: Micros): void {
    this.#last = duration;
    this.#histogram.record(Math.min(600_000_000, Math.max(1, Math.round(duration))));
  }

  /** How many were recorded. */
  get count(): number {
    return this.#histogram.count;
  }

  /** The last one recorded; 0 before the first. */
  get last(): Micros {
    return this.#last;
  }

  /** The duration that `percent` % of all stay at or below; 0 before the first. */
  at(percent: number): Micros {
    return this.count === 0 ? micros(0) : micros(this.#histogram.percentile(percent));
  }
}
