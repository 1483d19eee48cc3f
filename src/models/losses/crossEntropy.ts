import { type Tensor, tf } from "../../tensor/tf.ts";

/**
 * Weighted mean cross-entropy: Σᵢ wᵢ · (−log softmax(logitsᵢ)[labelᵢ]) / max(Σᵢ wᵢ, 1).
 *
 * @param logits [N, classes]
 * @param targets [N, classes] one-hot, or any distribution.
 * @param weights [N] ≥ 0; 0 takes a row out (a missing modality is no row, not a wrong one).
 * @returns [] in nats, ≥ 0; 0 when every weight is 0.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  const perRow = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), targets), -1)); // [N]
  return tf.div(tf.sum(tf.mul(perRow, weights)), tf.maximum(tf.sum(weights), 1));
}
