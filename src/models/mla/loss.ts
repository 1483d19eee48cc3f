import { type Scalar, type Tensor, type Tensor1D, tf } from "../../tensor/tf.ts";
import { type LinearParams, linear } from "../layers/Linear.ts";
import { crossEntropy } from "../losses/crossEntropy.ts";
import type { EncoderConfig } from "./config.ts";
import { type EncoderParams, encode } from "./network.ts";

/** A labelled batch of one modality, inside a program. */
export interface UnimodalBatch {
  /** [B, ...input] */
  readonly x: Tensor;
  /** [B] int32 class of each example. */
  readonly labels: Tensor;
  /** [B] ≥ 0; 0 takes an example out: padding, or no sensor. */
  readonly weights: Tensor;
  /** [B, s] factors on the features; 1 throughout without dropout. */
  readonly dropout: Tensor;
}

/** What the step of one modality lowers, and what it tells. */
export interface UnimodalLoss {
  /** [] in nats. */
  readonly loss: Scalar;
  /** [s] weighted mean of the features as the head saw them. */
  readonly mean: Tensor;
  /** [] weighted share of examples whose largest logit is the label's. */
  readonly accuracy: Tensor;
}

/**
 * Cross-entropy of one modality through the shared head.
 *
 *     L = Σ_k w_k · CE( W · f_m(x_k) + b, y_k ) / max(Σ_k w_k, 1)
 *
 * @param labelSmoothing ε: the target is (1 − ε) · onehot + ε / C.
 *
 * Zhang et al. 2024, sec. 3.1, arXiv:2311.10707.
 */
export function unimodalLoss(
  encoder: EncoderConfig,
  params: { readonly encoder: EncoderParams<Tensor>; readonly head: LinearParams<Tensor> },
  batch: UnimodalBatch,
  labelSmoothing: number,
): UnimodalLoss {
  const features = tf.mul(encode(encoder, params.encoder, batch.x), batch.dropout); // [B, s]
  const logits = linear(params.head, features); // [B, C]
  const classes = logits.shape[1] ?? 1;
  const hard = tf.oneHot(batch.labels as Tensor1D, classes); // [B, C]
  const targets =
    labelSmoothing === 0
      ? tf.cast(hard, "float32")
      : tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
  const total = tf.maximum(tf.sum(batch.weights), 1);
  const right = tf.cast(tf.equal(tf.argMax(logits, 1), batch.labels), "float32"); // [B]
  return {
    loss: crossEntropy(logits, targets, batch.weights) as Scalar,
    mean: tf.div(tf.sum(tf.mul(features, tf.expandDims(batch.weights, 1)), 0), total),
    accuracy: tf.div(tf.sum(tf.mul(right, batch.weights)), total),
  };
}
