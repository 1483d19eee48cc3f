import type { AdaptedPart } from "../../models/unified/adapted.ts";
import { JOINT, type UnifiedConfig } from "../../models/unified/config.ts";
import { EXEMPLARS } from "../../models/unified/exemplars.ts";
import { type LearnerRow, slotsOf } from "./LearnerRow.ts";

/** Codes found before, by codebook and row: rows are looked at again and again, codebooks change rarely. */
const FOUND = new WeakMap<Float32Array, WeakMap<Float32Array, Int32Array>>();

/**
 * What heads and a codebook would answer to rows that were encoded before, on the host.
 *
 * The same formulas as `inferRow` and `fuse`, in double precision; the fusion's smoothed entropies are those
 * kept with the row. Borrows the part, which never changes.
 */
export class PartAnswers {
  readonly config: UnifiedConfig;
  readonly part: AdaptedPart;
  /** [K] ‖e‖² / 2: ranks codes without forming differences. */
  readonly #halfNorms: Float64Array;
  /** [S + 1] of the streams and the joint. */
  readonly #temperatures: readonly number[];
  /** By a row's vectors: [slots] the code, −1 where it was not looked for. */
  readonly #found: WeakMap<Float32Array, Int32Array>;

  constructor(part: AdaptedPart, config: UnifiedConfig) {
    this.part = part;
    this.config = config;
    const { codes, codeDim: D } = config;
    this.#temperatures = [...config.streams.map(({ name }) => name), JOINT].map(
      (name) => config.fusion.temperatures?.[name] ?? 1,
    );
    this.#found = FOUND.get(part.codes) ?? new WeakMap();
    FOUND.set(part.codes, this.#found);
    this.#halfNorms = new Float64Array(codes);
    for (let k = 0; k < codes; k++) {
      let square = 0;
      for (let d = 0; d < D; d++) square += (part.codes[k * D + d] as number) ** 2;
      this.#halfNorms[k] = square / 2;
    }
  }

  /** Index of the code nearest to the z in a slot of a row. */
  codeOf(row: LearnerRow, slot: number): number {
    const { codes: K, codeDim: D, specific } = this.config;
    const { codes } = this.part;
    const known =
      this.#found.get(row.vectors) ?? new Int32Array(row.vectors.length / (D + specific)).fill(-1);
    if ((known[slot] ?? -1) >= 0) return known[slot] as number;
    const { vectors } = row;
    const from = slot * (D + specific);
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) {
      let product = -(this.#halfNorms[k] as number);
      const at = k * D;
      for (let d = 0; d < D; d++)
        product += (vectors[from + d] as number) * (codes[at + d] as number);
      if (product > most) {
        most = product;
        best = k;
      }
    }
    known[slot] = best;
    this.#found.set(row.vectors, known);
    return best;
  }

  /**
   * [D + specific + 1] what a head reads in a slot of a row: the code that z falls on, or z itself where codes
   * are left out; s; and 1, which the bias is the weight of. All over the temperature of that answer.
   *
   * @param head Position of the stream, or their number for the joint.
   */
  featuresOf(row: LearnerRow, slot: number, head: number): Float64Array {
    const { codeDim: D, specific: F, parts } = this.config;
    const n = D + F;
    const features = new Float64Array(n + 1);
    const from = slot * n;
    for (let i = 0; i < n; i++) features[i] = row.vectors[from + i] as number;
    if (parts?.quantised !== false) {
      const code = this.codeOf(row, slot) * D;
      for (let d = 0; d < D; d++) features[d] = this.part.codes[code + d] as number;
    }
    features[n] = 1;
    const temperature = this.#temperatures[head] ?? 1;
    if (temperature !== 1)
      for (let i = 0; i <= n; i++) features[i] = (features[i] ?? 0) / temperature;
    return features;
  }

  /** [classes] natural log of a head's answer to what it reads. */
  logProbabilities(features: Float64Array, head: number): Float64Array {
    const { headWeight, headBias } = this.part;
    const C = this.config.classes.length;
    const n = features.length - 1;
    const logits = new Float64Array(C);
    for (let i = 0; i <= n; i++) {
      const feature = features[i] as number;
      const [weights, at] = i < n ? [headWeight, (head * n + i) * C] : [headBias, head * C];
      for (let c = 0; c < C; c++)
        logits[c] = (logits[c] as number) + feature * (weights[at + c] as number);
    }
    this.#addExemplars(logits, features, head);
    return normalised(logits);
  }

  /** Adds what exemplars say, as `exemplarLogits` does. */
  #addExemplars(logits: Float64Array, features: Float64Array, head: number): void {
    const { exemplars, exemplified } = this.part;
    const { perClass, gain, sharpness, neutral } = EXEMPLARS;
    const C = logits.length;
    const n = features.length - 1;
    let square = 0;
    for (let i = 0; i < n; i++) square += (features[i] as number) ** 2;
    const length = Math.max(Math.sqrt(square), 1e-6);
    for (let c = 0; c < C; c++) {
      if (exemplified[head * C + c] !== 1) continue;
      let nearest = -1;
      for (let j = 0; j < perClass; j++) {
        const at = ((head * C + c) * perClass + j) * n;
        let product = 0;
        for (let i = 0; i < n; i++)
          product += (features[i] as number) * (exemplars[at + i] as number);
        if (product / length > nearest) nearest = product / length;
      }
      const closeness = Math.exp(sharpness * (nearest - 1));
      // The constant feature is 1 over the temperature that all logits are divided by.
      logits[c] = (logits[c] as number) + gain * (closeness - neutral) * (features[n] as number);
    }
  }

  /** [classes] natural log by stream, from each alone; undefined where it is not present. */
  streams(row: LearnerRow): readonly (Float64Array | undefined)[] {
    return slotsOf(row.mask, this.config.streams.length).streams.map((slot, at) =>
      slot < 0 ? undefined : this.logProbabilities(this.featuresOf(row, slot, at), at),
    );
  }

  /**
   * [classes] natural log of the fused answer of each subset.
   *
   * @param subsets Subsets of the row's streams, in binary.
   * @param streams What `streams` gave.
   */
  fused(
    row: LearnerRow,
    subsets: readonly number[],
    streams: readonly (Float64Array | undefined)[] = this.streams(row),
  ): readonly Float64Array[] {
    const { joints } = slotsOf(row.mask, this.config.streams.length);
    const { sharpness } = this.config.fusion;
    return subsets.map((subset) => {
      const members = streams.flatMap((own, at) =>
        own !== undefined && (subset >> at) & 1 ? [{ own, at }] : [],
      );
      const [first] = members;
      if (first === undefined) return new Float64Array(this.config.classes.length);
      if (members.length === 1) return first.own;
      const weights = members.map(({ at }) => Math.exp(-sharpness * (row.entropy[at] ?? 1)));
      const total = Math.max(
        weights.reduce((sum, weight) => sum + weight, 0),
        1e-30,
      );
      const slot = joints.get(subset) ?? 0;
      const joint = this.logProbabilities(
        this.featuresOf(row, slot, streams.length),
        streams.length,
      );
      return normalised(
        joint.map((value, c) => {
          let late = 0;
          for (const [i, { own }] of members.entries())
            late += ((weights[i] ?? 0) / total) * (own[c] ?? 0);
          return (value + late) / 2;
        }),
      );
    });
  }
}

/**
 * The fusion's entropies after a row: H̄ ← H̄ + (H − H̄)(1 − e^{−1/R}) where a stream is present.
 *
 * @param before [S]
 * @param streams What `PartAnswers.streams` gave.
 * @returns [S], a new array.
 */
export function smoothEntropy(
  before: Float32Array,
  streams: readonly (Float64Array | undefined)[],
  smoothingRows: number,
): Float32Array<ArrayBuffer> {
  const share = 1 - Math.exp(-1 / smoothingRows);
  return Float32Array.from(before, (entropy, at) => {
    const own = streams[at];
    return own === undefined ? entropy : entropy + (normalisedEntropy(own) - entropy) * share;
  });
}

/** −Σ p log p / log C, in [0, 1]. */
function normalisedEntropy(logProbabilities: Float64Array): number {
  let sum = 0;
  for (const value of logProbabilities) sum -= Math.exp(value) * value;
  return sum / Math.log(logProbabilities.length);
}

/** Subtracts log Σ exp, in place. */
function normalised(logits: Float64Array): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of logits) if (value > top) top = value;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - top);
  const shift = top + Math.log(sum);
  for (let c = 0; c < logits.length; c++) logits[c] = (logits[c] as number) - shift;
  return logits;
}
