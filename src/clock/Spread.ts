/** Standard deviation of a normal distribution over its median absolute deviation. */
const SIGMA_PER_MAD = 1.4826;

/**
 * How far values of late lay from zero: median absolute deviation, scaled to a standard deviation.
 *
 * Half of the values may be anything. Looks at the last `capacity` values, anew each quarter of it.
 *
 * Rousseeuw and Croux 1993, "Alternatives to the Median Absolute Deviation", eq. 1.1.
 */
export class Spread {
  readonly #values: Float64Array;
  readonly #every: number;
  #count = 0;
  #sigma = 0;

  /** @param capacity Values remembered, ≥ 4. */
  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
    this.#every = capacity >> 2;
  }

  /** Values seen so far. */
  get count(): number {
    return this.#count;
  }

  /** The scaled deviation; 0 before the first value. */
  get sigma(): number {
    return this.#sigma;
  }

  add(value: number): void {
    const { length } = this.#values;
    this.#values[this.#count % length] = Math.abs(value);
    this.#count++;
    if (this.#count > length && this.#count % this.#every !== 0) return;
    const sorted = this.#values.slice(0, this.#count).sort();
    this.#sigma = SIGMA_PER_MAD * (sorted[(sorted.length - 1) >> 1] ?? 0);
  }
}
