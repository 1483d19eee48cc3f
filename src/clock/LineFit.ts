/** What a `LineFit` expects of its line before the first point. */
export interface LineFitOptions {
  /** Weight of the expectation that the slope is 0, in units of weight·x²; 0 for none. */
  readonly stiffness: number;
}

/**
 * A line through weighted points, y ≈ a + b·x, by recursive least squares that forgets.
 *
 * Information form: the five sums are kept about the newest x, so that numbers stay small however long
 * it runs. The slope is drawn to 0 by `stiffness`, so that two points close together do not send the
 * line anywhere.
 *
 * Minimises Σ wᵢ(yᵢ − a − b·xᵢ)² + stiffness·b². Björck 1996, "Numerical Methods for Least Squares
 * Problems", section 2.7 and 3.2.
 */
export class LineFit {
  readonly #stiffness: number;
  #origin = 0;
  #w = 0;
  #wx = 0;
  #wy = 0;
  #wxx = 0;
  #wxy = 0;

  constructor({ stiffness }: LineFitOptions) {
    this.#stiffness = stiffness;
  }

  /** Total weight of what it remembers. */
  get weight(): number {
    return this.#w;
  }

  /** b; 0 before the first point. */
  get slope(): number {
    const determinant = this.#w * (this.#wxx + this.#stiffness) - this.#wx * this.#wx;
    return determinant > 0 ? (this.#w * this.#wxy - this.#wx * this.#wy) / determinant : 0;
  }

  /** Variance of b, where weights are 1 / variance; ∞ while nothing says anything about it. */
  get slopeVariance(): number {
    const determinant = this.#w * (this.#wxx + this.#stiffness) - this.#wx * this.#wx;
    return determinant > 0 ? this.#w / determinant : Number.POSITIVE_INFINITY;
  }

  /** a + b·x; 0 before the first point. */
  at(x: number): number {
    if (this.#w === 0) return 0;
    const slope = this.slope;
    return (this.#wy - slope * this.#wx) / this.#w + slope * (x - this.#origin);
  }

  /** @param weight 1 / variance of `y`, > 0. */
  add(x: number, y: number, weight: number): void {
    this.#moveTo(x);
    this.#w += weight;
    this.#wy += weight * y;
  }

  /** Multiplies the weight of all points so far. @param share In (0, 1]. */
  forget(share: number): void {
    this.#w *= share;
    this.#wx *= share;
    this.#wy *= share;
    this.#wxx *= share;
    this.#wxy *= share;
  }

  /** Lets x be counted from `x` on: a new point there adds to w and wy alone. */
  #moveTo(x: number): void {
    const by = x - this.#origin;
    this.#wxx += by * (by * this.#w - 2 * this.#wx);
    this.#wxy -= by * this.#wy;
    this.#wx -= by * this.#w;
    this.#origin = x;
  }
}
