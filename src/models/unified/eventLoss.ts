import { type Tensor, tf } from "../../tensor/tf.ts";

/**
 * Cross-entropy of whole events: of all rows of a stretch that say the same, one answer.
 *
 *     m_bc = Σ_t w_bt [y_bt = c] log p_bt / n_bc,   n_bc = Σ_t w_bt [y_bt = c]
 *     L = Σ_bc n_bc (−log softmax(m_bc)[c]) / Σ_bc n_bc        classes c other than silence
 *
 * It is how events are scored (`slotAccuracy`): the first rows of an event need not know yet what it is, and
 * nothing is gained by learning by heart how somebody once began it.
 *
 * @param logits [B·T, classes]; the first class is silence.
 * @param targets [B·T, classes] one-hot.
 * @param weights [B·T] ≥ 0
 * @param shape B and T.
 * @returns [] in nats, ≥ 0; 0 where no stretch holds an event.
 */
export function eventLoss(
  logits: Tensor,
  targets: Tensor,
  weights: Tensor,
  [B, T]: readonly [B: number, T: number],
): Tensor {
  const said = (logits.shape[1] ?? 0) - 1;
  const cut = (rows: Tensor): Tensor =>
    tf.reshape(tf.slice(rows, [0, 1], [B * T, said]), [B, T, said]);
  const members = cut(tf.mul(targets, tf.expandDims(weights, 1))); // [B, T, C]
  // The share of silence falls on all alike, and so does not count.
  const answers = tf.logSoftmax(cut(logits)); // [B, T, C]
  const rows = tf.sum(members, 1); // [B, C] n
  const mean = tf.div(
    tf.matMul(members, answers, true, false),
    tf.expandDims(tf.maximum(rows, 1), 2),
  ); // [B, C, C]
  const own = tf.mul(tf.logSoftmax(mean), tf.expandDims(tf.eye(said), 0)); // [B, C, C]
  const perEvent = tf.neg(tf.sum(own, 2)); // [B, C]
  return tf.div(tf.sum(tf.mul(perEvent, rows)), tf.maximum(tf.sum(rows), 1));
}
