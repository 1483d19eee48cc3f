import { logSoftmax } from "../../../tensor/ops/logSoftmax.ts";
import { type Tensor, tf } from "../../../tensor/tf.ts";

/** What a softmax over scores runs over. */
export type Direction = "targets" | "contexts" | "both";

/**
 * Mean cross-entropy of square score matrices whose diagonal is right, one value per matrix.
 *
 * `targets`: each context (column) picks its target among the rows, eq. 6 of CMG. `contexts`: each
 * target (row) picks its context among the columns, the released code. `both`: their mean.
 *
 * @param scores [N, B, B], rows are targets, columns contexts.
 * @param blocked [B, B] or [1, B, B], 1 where a pair is no negative; the diagonal must be 0.
 * @param extra [N, Q, B] scores of further negative targets; they join the softmax over targets.
 * @returns [N] in nats.
 *
 * van den Oord et al. 2018, eq. 4, arXiv:1807.03748.
 */
export function diagonalCrossEntropy(
  scores: Tensor,
  direction: Direction,
  blocked?: Tensor,
  extra?: Tensor,
): Tensor {
  const [, B = 0] = scores.shape;
  const allowed = blocked === undefined ? scores : tf.sub(scores, tf.mul(blocked, 1e9));
  const right = tf.eye(B); // [B, B]
  // logSoftmax works on the last axis: for the softmax over targets they must be last.
  const overTargets = (): Tensor => {
    const turned = tf.transpose(allowed, [0, 2, 1]);
    if (extra === undefined) return hit(logSoftmax(turned), right);
    const wide = tf.concat([turned, tf.transpose(extra, [0, 2, 1])], 2); // [N, B, B + Q]
    return hit(
      logSoftmax(wide),
      tf.pad(right, [
        [0, 0],
        [0, extra.shape[1] ?? 0],
      ]),
    );
  };
  const overContexts = (): Tensor => hit(logSoftmax(allowed), right);
  if (direction === "targets") return overTargets();
  if (direction === "contexts") return overContexts();
  return tf.mul(tf.add(overTargets(), overContexts()), 0.5);
}

function hit(logProbabilities: Tensor, right: Tensor): Tensor {
  const [, B = 1] = logProbabilities.shape;
  return tf.div(tf.sum(tf.mul(logProbabilities, right), [1, 2]), -B); // [N]
}

/**
 * Symmetric InfoNCE between the same frames of two modalities.
 *
 * Scores are z_a · z_b / (√D τ); negatives of a frame are the same frame of the batch's other clips, so
 * that slow content does not make them equal.
 *
 * @param a [B, T, D]
 * @param b [B, T, D]
 * @returns [] in nats; ln B where nothing is shared.
 *
 * Not in CMG; added because it carries the transfer on frame-level codes (docs/cmg.md).
 */
export function frameContrast(a: Tensor, b: Tensor, temperature: number): Tensor {
  const [, , D = 1] = a.shape;
  const scale = 1 / (Math.sqrt(D) * temperature);
  const [left, right] = [tf.transpose(b, [1, 0, 2]), tf.transpose(tf.mul(a, scale), [1, 0, 2])];
  const scores = tf.matMul(left, right, false, true); // [T, B, B]
  return tf.mean(diagonalCrossEntropy(scores, "both"));
}
