import { type Tensor, tf } from "../../tensor/tf.ts";

/** x / √(‖x‖² + 1e-12) over the last axis: rows of unit length, with a gradient at zero too. */
export function unitLength(x: Tensor): Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.mul(x, x), -1, true), 1e-12)));
}
