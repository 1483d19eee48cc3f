import { ShapeError } from "../../errors.ts";
import { expectShape } from "../../tensor/expectShape.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";

/** How answers are fused, beside the answers. */
export interface EntropyFusionOptions {
  /** [M, N] 1 where the modality is present, else 0; all present unless given. */
  readonly present?: Tensor;
  /** [M] > 0; logits are divided by them first. 1 throughout unless given. */
  readonly temperatures?: Tensor;
  /** k ≥ 0 of λ ∝ exp(−k e): 1 as published, 0 weighs all that are present alike. */
  readonly sharpness?: number;
}

/** What fusion gives. */
export interface EntropyFusion {
  /** [N, C] Σ λ_m y_m / T_m; zeros where nothing is present. */
  readonly logits: Tensor;
  /** [M, N] λ: ≥ 0, sums to 1 over the modalities present, exactly 0 for absent ones. */
  readonly weights: Tensor;
  /** [M, N] in nats, 0..ln C. */
  readonly entropies: Tensor;
}

/**
 * One answer from the modalities that are there, each weighed by how decided it is.
 *
 *     p = softmax(y_m / T_m),   e_m = −Σ_c p_c ln p_c
 *     λ_m = exp(−e_m) / Σ_v exp(−e_v) over the present,   ŷ = Σ_m λ_m y_m / T_m
 *
 * Per sample: what else is in the batch does not matter. No weight exceeds C times another one, so a
 * dead sensor with even logits is damped, not removed: absence is told by `present`, never by logits.
 * Where two classes tie, the lower one is taken by `argMax`.
 *
 * @param logits [M, N, C]; rows of absent modalities may hold anything, NaN too.
 * @throws {ShapeError} If `present` or `temperatures` do not fit.
 *
 * Zhang et al. 2024, eq. 9-10, arXiv:2311.10707; the released code takes the softmax over the batch.
 * Presence, temperatures and sharpness are ours.
 */
export function entropyFusion(
  logits: Tensor,
  { present, temperatures, sharpness = 1 }: EntropyFusionOptions = {},
): EntropyFusion {
  const [M, N] = expectShape("entropyFusion", ["M", "N", "C"], logits);
  if (present !== undefined && present.shape.join() !== [M, N].join())
    throw new ShapeError("entropyFusion", `expected present [${M}, ${N}], got [${present.shape}]`);
  if (temperatures !== undefined && temperatures.shape.join() !== String(M))
    throw new ShapeError(
      "entropyFusion",
      `expected temperatures [${M}], got [${temperatures.shape}]`,
    );
  const there = present === undefined ? tf.ones([M, N]) : present; // [M, N]
  const known =
    present === undefined
      ? logits
      : tf.where(
          tf.broadcastTo(tf.expandDims(tf.greater(there, 0), 2), logits.shape),
          logits,
          tf.zerosLike(logits),
        );
  const scaled =
    temperatures === undefined ? known : tf.div(known, tf.reshape(temperatures, [M, 1, 1])); // [M, N, C]
  const logP = tf.logSoftmax(scaled);
  const entropies = tf.neg(tf.sum(tf.mul(tf.exp(logP), logP), 2)); // [M, N]
  const raw = tf.mul(there, tf.exp(tf.mul(entropies, -sharpness))); // ≥ C^−k where present
  const weights = tf.div(raw, tf.maximum(tf.sum(raw, 0, true), 1e-30)); // [M, N]
  return {
    logits: tf.sum(tf.mul(tf.expandDims(weights, 2), scaled), 0),
    weights,
    entropies,
  };
}
