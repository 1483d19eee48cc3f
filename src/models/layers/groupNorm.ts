import { ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";

const EPSILON = 1e-5;

/**
 * y = g ⊙ (x − μ) / √(σ² + 1e-5) + o, with μ and σ² over all positions of one group of channels of one
 * example: independent of the batch, so the same in training, in a stream, and for one row.
 *
 * @param x [N, ..., C]
 * @param gain [C]
 * @param offset [C]
 * @param groups Divides C; 1 normalises the whole example.
 * @throws {ShapeError} If it does not.
 *
 * Wu, He 2018, eq. 7, arXiv:1803.08494.
 */
export function groupNorm(x: Tensor, gain: Tensor, offset: Tensor, groups: number): Tensor {
  const [n = 0] = x.shape;
  const channels = x.shape.at(-1) ?? 0;
  if (channels % groups !== 0)
    throw new ShapeError("groupNorm", `groups must divide ${channels} channels, got ${groups}`);
  const grouped = tf.reshape(x, [n, -1, groups, channels / groups]);
  const centred = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
  const variance = tf.mean(tf.square(centred), [1, 3], true); // [N, 1, groups, 1]
  const normal = tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON))), x.shape);
  return tf.add(tf.mul(normal, gain), offset);
}
