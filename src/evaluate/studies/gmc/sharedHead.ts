import { initClassifier } from "../../../models/gmc/classifier.ts";
import { type LinearParams, linear } from "../../../models/layers/Linear.ts";
import type { Uniform } from "../../../models/layers/Uniform.ts";
import { crossEntropy } from "../../../models/losses/crossEntropy.ts";
import { argMax } from "../../../tensor/argMax.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../../tensor/tf.ts";
import { hostLogProbabilities } from "./hostLogProbabilities.ts";

/** Length that unit vectors get before a linear head: at length 1 its logits could hardly differ. */
export const HEAD_SCALE = 8;

/** A linear head on embeddings. */
export function initSharedHead(
  uniform: Uniform,
  embedding: number,
  classes: number,
): LinearParams<HostTensor<"float32">> {
  const { "0": head } = initClassifier(uniform, embedding, classes, []);
  if (head === undefined) throw new RangeError("initSharedHead: expected one layer");
  return head;
}

/**
 * Σ of the mean cross-entropies of one head on some embeddings of the same instants.
 *
 * @param weights [B] which instants count; all unless given.
 */
export function sharedHeadLoss(
  head: LinearParams<Tensor>,
  embeddings: readonly Tensor[],
  y: Tensor,
  weights: Tensor = tf.ones([y.shape[0] ?? 0]),
): Tensor {
  const target = tf.oneHot(y as never, head.bias.shape[0] ?? 0, 1, 0, "float32");
  return tf.addN(
    embeddings.map((z) => crossEntropy(linear(head, tf.mul(z, HEAD_SCALE)), target, weights)),
  );
}

/** The class that the head finds likeliest for each row. */
export function nameBySharedHead(
  head: LinearParams<HostTensor<"float32">>,
): (z: HostTensor<"float32">) => Int32Array {
  const classes = head.bias.data.length;
  return (z) => {
    const scores = hostLogProbabilities(head, z, HEAD_SCALE);
    return Int32Array.from({ length: scores.length / classes }, (_, row) => {
      const own = scores.subarray(row * classes, (row + 1) * classes);
      return argMax(own);
    });
  };
}
