import { ConfigError } from "../errors.ts";

/** How `StickyDecoder` decides. */
export interface StickyDecoderOptions {
  /** [classes] how often each holds. */
  readonly prior: readonly number[];
  /** Exponent of the prior that is divided out: 0 leaves the model's own bias, 1 removes it all. */
  readonly priorExponent: number;
  /** Cost of a change of class from one row to the next, in nats. */
  readonly switchCost: number;
  /** The class that is no event; only needed where its changes cost otherwise. */
  readonly silence?: number;
  /** Cost of a change from silence to another class, in nats. `switchCost` unless given. */
  readonly onsetCost?: number;
  /** Cost of a change from a class to silence, in nats. `switchCost` unless given. */
  readonly offsetCost?: number;
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
 * The likeliest sequence of classes under a cost per change, decided with a fixed lag.
 *
 *     v_t(c) = max( v_{t−1}(c), max_c' v_{t−1}(c') − cost(c', c) ) + log p_t(c) − a log prior(c)
 *
 * Viterbi over a chain in which staying is free: memory and time are constant per row, the path is
 * traced back `lagRows` rows, and what lies further back is settled. Onsets that cost more than offsets
 * are hysteresis: what has begun goes on upon weaker evidence than it takes to begin.
 *
 * Viterbi 1967, IEEE Trans. Inf. Theory 13(2); scaled posteriors after Bourlard, Morgan 1994.
 */
export class StickyDecoder {
  readonly #lagRows: number;
  readonly #silence: number;
  readonly #costs: { readonly change: number; readonly onset: number; readonly offset: number };
  readonly #bias: Float64Array;
  #scores: Float64Array;
  /** Of each of the last `lagRows` rows: the class before, per class. */
  readonly #back: Int32Array[] = [];

  /** @throws {ConfigError} If the prior is empty, a cost or lag negative, or silence no class. */
  constructor(options: StickyDecoderOptions) {
    const { prior, switchCost, lagRows, silence } = options;
    const { onsetCost = switchCost, offsetCost = switchCost } = options;
    if (prior.length === 0)
      throw new ConfigError("StickyDecoder", "prior must not be empty, got []");
    const least = Math.min(switchCost, onsetCost, offsetCost);
    if (!(least >= 0) || !Number.isSafeInteger(lagRows) || lagRows < 1)
      throw new ConfigError(
        "StickyDecoder",
        `expected costs >= 0 and lagRows >= 1, got ${[switchCost, onsetCost, offsetCost]} and ${lagRows}`,
      );
    if (silence !== undefined && prior[silence] === undefined)
      throw new ConfigError(
        "StickyDecoder",
        `expected silence in 0..${prior.length - 1}, got ${silence}`,
      );
    this.#lagRows = lagRows;
    this.#silence = silence ?? -1;
    this.#costs = { change: switchCost, onset: onsetCost, offset: offsetCost };
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
    const { change, onset, offset } = this.#costs;
    const silence = this.#silence;
    const before = this.#scores;
    const classes = before.length;
    const word = this.#bestBut(silence);
    // Relative to the best, so that the sums of an endless stream stay small.
    const top = Math.max(before[word] ?? -Infinity, before[silence] ?? -Infinity);
    const fromWord = (before[word] ?? -Infinity) - top;
    const fromSilence = (before[silence] ?? -Infinity) - top;
    const scores = new Float64Array(classes);
    const from = new Int32Array(classes);
    for (let c = 0; c < classes; c++) {
      let [best, source] = [(before[c] ?? 0) - top, c];
      const other = fromWord - (c === silence ? offset : change);
      if (other > best) [best, source] = [other, word];
      if (c !== silence && fromSilence - onset > best)
        [best, source] = [fromSilence - onset, silence];
      from[c] = source;
      scores[c] = best + (logProbabilities[c] ?? -Infinity) + (this.#bias[c] ?? 0);
    }
    this.#scores = scores;
    this.#back.push(from);
    const path = this.#traceBack();
    if (path.length <= this.#lagRows) return { recent: path };
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

  /** The best class that is not `excluded`; -1 where there is no other. */
  #bestBut(excluded: number): number {
    let best = -1;
    for (let c = 0; c < this.#scores.length; c++)
      if (c !== excluded && (best < 0 || (this.#scores[c] ?? 0) > (this.#scores[best] ?? 0)))
        best = c;
    return best;
  }

  #traceBack(): number[] {
    let c = this.#bestBut(-1);
    const path: number[] = [];
    for (let row = this.#back.length - 1; row >= 0; row--) {
      path.push(c);
      c = this.#back[row]?.[c] ?? c;
    }
    return path.reverse();
  }
}
