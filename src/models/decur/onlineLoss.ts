import { ConfigError } from "../../errors.ts";
import { stopGradient } from "../../tensor/gradients.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { sizeOfShape } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { correlationTerm } from "./correlationTerm.ts";
import { decurTerms, type TermOptions } from "./decurTerms.ts";
import {
  checkViews,
  columnsOf,
  correlation,
  type DecurLoss,
  type DecurLossOptions,
  type EmbeddedViews,
  namesOf,
  operandsOf,
} from "./loss.ts";

/** Decaying sums of one term: value = sum / weight, so that the first batch counts in full. */
export type TermMemory<L> = {
  /** [2, K] means of the left and the right view. */
  readonly mean: L;
  /** [2, K] variances about those means. */
  readonly variance: L;
  /** [to − from, to − from] correlations. */
  readonly correlation: L;
  /** [] Σ of the weights so far; 0 before the first batch. */
  readonly weight: L;
};

/** What the online loss remembers, one memory per term of `decurTerms`, by its name. */
export type OnlineMemory<L> = { readonly [term: string]: TermMemory<L> };

/** Options of `onlineDecurLoss`. */
export interface OnlineOptions extends DecurLossOptions {
  /** β in [0, 1): what is kept of the memory at each batch. 0 is the loss of the batch alone. */
  readonly decay: number;
}

/** The loss, with the memory for the next batch. */
export interface OnlineDecurLoss extends DecurLoss {
  readonly memory: OnlineMemory<Tensor>;
  /**
   * [] mean over terms of ‖C_batch − C̄‖² / entries, 0 at the first batch. It jumps when the stream
   * changes: a drift detector.
   */
  readonly drift: Tensor;
}

/** A memory of nothing. */
export function initOnlineMemory(
  names: readonly string[],
  K: number,
  options: TermOptions,
): OnlineMemory<HostTensor<"float32">> {
  const zeros = (shape: readonly number[]): HostTensor<"float32"> =>
    hostTensor(new Float32Array(sizeOfShape(shape)), shape);
  return Object.fromEntries(
    decurTerms(names, K, options).map(({ name, from, to }) => [
      name,
      {
        mean: zeros([2, K]),
        variance: zeros([2, K]),
        correlation: zeros([to - from, to - from]),
        weight: zeros([]),
      },
    ]),
  );
}

/**
 * DeCUR for streams: the loss of a small batch over statistics that remember the batches before.
 *
 * Neighbouring windows of a stream are alike, and a batch of them says little about correlations. With
 * w the sum of weights and a = (1 − β)/w the share of this batch:
 *
 *     w ← βw + (1 − β)        μ ← (1 − a) μ + a mean_b z        σ² ← (1 − a) σ² + a mean_b (z − μ)²
 *     C ← (1 − a) C + a ẑᴬᵀẑᴮ/B,   ẑ = (z − μ)/√(σ² + ε)        L = Σ BT(C)
 *
 * What was remembered carries no gradient, so gradients shrink by a. The first batch, and β = 0, give
 * `decurLoss` exactly. A batch with fewer than `minimumRows` rows of a term leaves that term's memory
 * as it is and gives it no gradient.
 *
 * @param options `minimumRows` is 8 unless said otherwise, and holds without presence too.
 * @throws {ConfigError} As `decurLoss`, or if β is not in [0, 1), or the memory lacks a term.
 *
 * Ours; the moving average of statistics follows batch normalisation (Ioffe and Szegedy 2015).
 */
export function onlineDecurLoss(
  modalities: readonly EmbeddedViews[],
  memory: OnlineMemory<Tensor>,
  options: OnlineOptions,
): OnlineDecurLoss {
  const { lambda = 0.0051, epsilon = 1e-5, minimumRows = 8, decay } = options;
  const [B, K] = checkViews("onlineDecurLoss", modalities, { lambda, epsilon });
  if (!(decay >= 0 && decay < 1))
    throw new ConfigError("onlineDecurLoss", `decay must be in [0, 1), got ${decay}`);
  const values: Record<string, Tensor> = {};
  const next: Record<string, TermMemory<Tensor>> = {};
  const drifts: Tensor[] = [];
  const weighted = decurTerms(namesOf(modalities), K, options).map((term) => {
    const known = memory[term.name];
    if (known === undefined)
      throw new ConfigError("onlineDecurLoss", `expected a memory of ${term.name}, got none`);
    const { left, right, present = tf.ones([B]) } = operandsOf(term, modalities);
    const mask = tf.reshape(present, [B, 1]); // [B, 1]
    const rows = tf.sum(present); // []
    const isEnough = tf.cast(tf.greaterEqual(rows, minimumRows), "float32"); // []
    const count = tf.maximum(rows, 1);

    const arriving = tf.mul(isEnough, 1 - decay); // []
    // Too few rows keep the weight as it was; the floor guards 0/0 before the first batch.
    const weight = tf.add(tf.mul(known.weight, tf.sub(1, tf.mul(isEnough, 1 - decay))), arriving);
    const share = tf.div(arriving, tf.maximum(weight, 1e-12)); // [], a
    const mix = (old: Tensor, batch: Tensor): Tensor =>
      tf.add(tf.mul(stopGradient(old), tf.sub(1, share)), tf.mul(batch, share));
    const over = (x: Tensor): Tensor => tf.div(tf.sum(tf.mul(x, mask), 0, true), count); // [1, K]

    const sides = [left, right].map((z, side) => {
      const remembered = (part: Tensor): Tensor => tf.slice(part, [side, 0], [1, K]);
      const mean = mix(remembered(known.mean), over(z));
      const centred = tf.sub(z, mean);
      const variance = mix(remembered(known.variance), over(tf.square(centred)));
      const value = tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, epsilon))), mask);
      return { mean, variance, value: columnsOf(value, term) };
    });
    const [a, b] = sides.map(({ value }) => value) as [Tensor, Tensor];
    const fresh = correlation(a, b, present);
    const matrix = mix(known.correlation, fresh);
    const value = correlationTerm(matrix, { target: term.target, lambda });
    values[term.name] = value;
    next[term.name] = {
      mean: stopGradient(tf.concat(sides.map(({ mean }) => mean))),
      variance: stopGradient(tf.concat(sides.map(({ variance }) => variance))),
      correlation: stopGradient(matrix),
      weight,
    };
    const hasPast = tf.mul(isEnough, tf.cast(tf.greater(known.weight, 0), "float32"));
    const change = tf.mean(tf.square(tf.sub(stopGradient(fresh), known.correlation)));
    drifts.push(tf.mul(change, hasPast));
    return tf.mul(value, term.weight);
  });
  const sum = (tensors: readonly Tensor[]): Tensor => tensors.reduce((x, y) => tf.add(x, y));
  return {
    loss: sum(weighted),
    terms: values,
    memory: next,
    drift: tf.div(sum(drifts), drifts.length),
  };
}
