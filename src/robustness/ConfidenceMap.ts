/** What a map remembers, per bin. */
export interface ConfidenceMapSnapshot {
  /** [10] weight of what was seen, and of what of it was right. */
  readonly seen: Float64Array;
  readonly right: Float64Array;
}

const BINS = 10;
/** Cases that the stated confidence itself is worth: below as many, little is known of a bin. */
const PRIOR_CASES = 20;
/** Cases per bin after which older ones begin to count less: about ten minutes at 25 rows a second. */
const MEMORY = 15_000;

/**
 * What a stated probability has been worth so far: histogram binning, drawn towards the stated value while
 * few cases are known.
 *
 *     calibrated(p) = (right in p's bin + 20 p) / (seen in p's bin + 20)
 *
 * Zadrozny, Elkan 2001, ICML: "Obtaining calibrated probability estimates".
 */
export class ConfidenceMap {
  readonly #seen = new Float64Array(BINS);
  readonly #right = new Float64Array(BINS);

  /**
   * Takes one case.
   *
   * @param stated Probability that was given, in [0, 1].
   * @param right How right it was, in [0, 1].
   */
  learn(stated: number, right: number): void {
    const bin = binOf(stated);
    const seen = this.#seen[bin] ?? 0;
    const fade = seen >= MEMORY ? 1 - 1 / MEMORY : 1;
    this.#seen[bin] = seen * fade + 1;
    this.#right[bin] = (this.#right[bin] ?? 0) * fade + right;
  }

  /** What a stated probability is worth, in [0, 1]. */
  calibrated(stated: number): number {
    const bin = binOf(stated);
    const [seen, right] = [this.#seen[bin] ?? 0, this.#right[bin] ?? 0];
    return (right + PRIOR_CASES * stated) / (seen + PRIOR_CASES);
  }

  snapshot(): ConfidenceMapSnapshot {
    return { seen: this.#seen.slice(), right: this.#right.slice() };
  }

  /** Goes on where another gave this snapshot. */
  restore({ seen, right }: ConfidenceMapSnapshot): void {
    this.#seen.set(seen);
    this.#right.set(right);
  }
}

function binOf(stated: number): number {
  return Math.min(Math.max(Math.floor(stated * BINS), 0), BINS - 1);
}
