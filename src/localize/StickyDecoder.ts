import { ConfigError } from "../errors.ts";

/** How `StickyDecoder` decides. */
export interface StickyDecoderOptions {
  /** [classes] how often each holds. */
  readonly prior: readonly number[];
  /** Exponent of the prior that is divided out: 0 leaves the model's own bias, 1 removes it all. */
  readonly priorExponent: number;
  /** Cost of a change of class from one row to the next, in nats. */
  readonly switchCost: number;
  /** Rows after which a decision is final. */
  readonly lagRows: number;
}

/** The best path as it is known after a row. */
export interface DecodedPath {
  /** Class of the row `lagRows` before the newest, decided for good; absent while there is none. */
  readonly settled?: number;
  /** Classes of the rows after that one, oldest first; they may still change. */
  readonly recent: readonly number[];
}

/** What a decoder remembers. */
export interface StickyDecoderSnapshot {
  readonly scores: Float64Array;
  readonly back: readonly Int32Array[];
}

/**
 * The likeliest sequence of classes under a constant cost per change, decided with a fixed lag.
 *
 *     v_t(c) = max( v_{t−1}(c), max_c' v_{t−1}(c') − switchCost ) + log p_t(c) − a log prior(c)
 *
 * Viterbi over a chain in which staying is free: memory and time are constant per row, the path is
 * traced back `lagRows` rows, and what lies further back is settled.
 *
 * Viterbi 1967, IEEE Trans. Inf. Theory 13(2); scaled posteriors after Bourlard, Morgan 1994.
 */
export class StickyDecoder {
  readonly #options: StickyDecoderOptions;
  readonly #bias: Float64Array;
  #scores: Float64Array;
  /** Of each of the last `lagRows` rows: the class before, per class. */
  readonly #back: Int32Array[] = [];

  /** @throws {ConfigError} If the prior is empty, or a cost or lag negative. */
  constructor(options: StickyDecoderOptions) {
    const { prior, switchCost, lagRows } = options;
    if (prior.length === 0)
      throw new ConfigError("StickyDecoder", "prior must not be empty, got []");
    if (!(switchCost >= 0) || !Number.isSafeInteger(lagRows) || lagRows < 1)
      throw new ConfigError(
        "StickyDecoder",
        `expected switchCost >= 0 and lagRows >= 1, got ${switchCost} and ${lagRows}`,
      );
    this.#options = options;
    this.#bias = Float64Array.from(
      prior,
      (share) => -options.priorExponent * Math.log(Math.max(share, 1e-6)),
    );
    this.#scores = new Float64Array(prior.length);
  }

  /**
   * Takes the next row.
   *
   * @param logProbabilities [classes] natural log.
   */
  push(logProbabilities: ArrayLike<number>): DecodedPath {
    const { switchCost, lagRows } = this.#options;
    const classes = this.#bias.length;
    let best = 0;
    for (let c = 1; c < classes; c++)
      if ((this.#scores[c] ?? 0) > (this.#scores[best] ?? 0)) best = c;
    const top = this.#scores[best] ?? 0;
    const scores = new Float64Array(classes);
    const from = new Int32Array(classes);
    for (let c = 0; c < classes; c++) {
      // Relative to the best, so that the sums of an endless stream stay small.
      const stay = (this.#scores[c] ?? 0) - top;
      const stays = stay >= -switchCost;
      from[c] = stays ? c : best;
      scores[c] =
        (stays ? stay : -switchCost) + (logProbabilities[c] ?? -Infinity) + (this.#bias[c] ?? 0);
    }
    this.#scores = scores;
    this.#back.push(from);
    const path = this.#traceBack();
    if (path.length <= lagRows) return { recent: path };
    this.#back.shift();
    return { settled: path[0] ?? 0, recent: path.slice(1) };
  }

  /** All that it remembers. */
  snapshot(): StickyDecoderSnapshot {
    return { scores: this.#scores.slice(), back: this.#back.map((from) => from.slice()) };
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore({ scores, back }: StickyDecoderSnapshot): void {
    this.#scores = scores.slice();
    this.#back.splice(0, Number.POSITIVE_INFINITY, ...back.map((from) => from.slice()));
  }

  #traceBack(): number[] {
    let c = 0;
    for (let other = 1; other < this.#scores.length; other++)
      if ((this.#scores[other] ?? 0) > (this.#scores[c] ?? 0)) c = other;
    const path: number[] = [];
    for (let row = this.#back.length - 1; row >= 0; row--) {
      path.push(c);
      c = this.#back[row]?.[c] ?? c;
    }
    return path.reverse();
  }
}
