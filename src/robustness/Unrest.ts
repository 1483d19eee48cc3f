import { extended, NO_ROWS, type RunningMean } from "./RunningMean.ts";

/** How a stream's features move. */
export interface UnrestSigns {
  /** Correlation of one row with the next, about each feature's mean: near 0 for noise. */
  readonly correlation: number;
  /** Mean variance of the features. */
  readonly variance: number;
  /** The same two as they usually are; absent until they have been followed long enough. */
  readonly usual?: { readonly correlation: number; readonly variance: number };
}

/** What it remembers. */
export interface UnrestSnapshot {
  readonly rows: number;
  readonly mean: Float64Array;
  readonly last: Float64Array;
  readonly variance: RunningMean;
  readonly covariance: RunningMean;
  readonly usualVariance: RunningMean;
  readonly usualCovariance: RunningMean;
}

/** Features looked at, evenly spread: noise is in all of them. */
const FEATURES = 64;
/** Time constants, in rows at 25 a second: what is now, and what is usual. */
const NOW_ROWS = 50;
const USUAL_ROWS = 1_500;
/** Healthy rows until what is usual is known. */
const KNOWN_ROWS = 500;

/**
 * Follows how one row of a stream's features goes with the next.
 *
 *     r = Σ_d E[(x_d(t) − μ_d)(x_d(t−1) − μ_d)] / Σ_d E[(x_d(t) − μ_d)²]
 *
 * with exponentially forgotten means. What is sensed changes slowly against 40 ms; noise does not.
 */
export class Unrest {
  #rows = 0;
  #mean = new Float64Array(0);
  #last = new Float64Array(0);
  #variance = NO_ROWS;
  #covariance = NO_ROWS;
  #usualVariance = NO_ROWS;
  #usualCovariance = NO_ROWS;

  /**
   * Takes the next row.
   *
   * @param features What the model sees of it; undefined where the stream is missing.
   * @param healthy Whether the row may count as usual.
   */
  push(features: Float32Array | undefined, healthy: boolean): void {
    if (features === undefined) {
      this.#last = new Float64Array(0);
      return;
    }
    const count = Math.min(FEATURES, features.length);
    const row = Float64Array.from(
      { length: count },
      (_, d) => features[Math.floor((d * features.length) / count)] ?? 0,
    );
    if (this.#mean.length !== count) this.#mean = row.slice();
    const joined = this.#last.length === count;
    let [variance, covariance] = [0, 0];
    for (let d = 0; d < count; d++) {
      const own = (row[d] ?? 0) - (this.#mean[d] ?? 0);
      variance += own * own;
      covariance += own * ((this.#last[d] ?? 0) - (this.#mean[d] ?? 0));
      // Slower than the rest: a mean that follows the rows takes their correlation away.
      this.#mean[d] = (this.#mean[d] ?? 0) + own / Math.min(this.#rows + 1, 4 * NOW_ROWS);
    }
    this.#last = row;
    if (!joined) return;
    this.#rows++;
    this.#variance = extended(this.#variance, variance / count, NOW_ROWS);
    this.#covariance = extended(this.#covariance, covariance / count, NOW_ROWS);
    if (!healthy) return;
    this.#usualVariance = extended(this.#usualVariance, variance / count, USUAL_ROWS);
    this.#usualCovariance = extended(this.#usualCovariance, covariance / count, USUAL_ROWS);
  }

  get signs(): UnrestSigns {
    const ratio = (a: RunningMean, b: RunningMean): number => (b.mean > 0 ? a.mean / b.mean : 1);
    return {
      correlation: ratio(this.#covariance, this.#variance),
      variance: this.#variance.mean,
      ...(this.#usualVariance.rows >= KNOWN_ROWS && {
        usual: {
          correlation: ratio(this.#usualCovariance, this.#usualVariance),
          variance: this.#usualVariance.mean,
        },
      }),
    };
  }

  /** All that it remembers. */
  snapshot(): UnrestSnapshot {
    return {
      rows: this.#rows,
      mean: this.#mean.slice(),
      last: this.#last.slice(),
      variance: this.#variance,
      covariance: this.#covariance,
      usualVariance: this.#usualVariance,
      usualCovariance: this.#usualCovariance,
    };
  }

  /** Goes on where another gave this snapshot. */
  restore(snapshot: UnrestSnapshot): void {
    this.#rows = snapshot.rows;
    this.#mean = Float64Array.from(snapshot.mean);
    this.#last = Float64Array.from(snapshot.last);
    this.#variance = snapshot.variance;
    this.#covariance = snapshot.covariance;
    this.#usualVariance = snapshot.usualVariance;
    this.#usualCovariance = snapshot.usualCovariance;
  }
}
