import { type Tensor, type Tensor2D, tf } from "../tf.ts";

/**
 * x · W + b over the last axis: [..., D] · [D, E] + [E] → [..., E].
 *
 * Leading axes are folded into one large product, which is the fastest form on every device.
 *
 * @param bias [E], or nothing.
 */
export function dense(x: Tensor, weight: Tensor2D, bias?: Tensor): Tensor {
  const [from = 1, to = 1] = weight.shape;
  const rows = tf.matMul(tf.reshape(x, [-1, from]) as Tensor2D, weight);
  const sum = bias === undefined ? rows : tf.add(rows, bias);
  return tf.reshape(sum, [...x.shape.slice(0, -1), to]);
}
