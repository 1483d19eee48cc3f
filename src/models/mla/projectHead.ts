import { type Tensor, type Tensor2D, tf } from "../../tensor/tf.ts";
import type { LinearParams } from "../layers/Linear.ts";

/**
 * A change of the head with the guarded directions taken out: Δ ← P Δ, P on the feature side.
 *
 * @param change Gradient or update of the head, weight [s, C] and bias [C].
 * @param projector [s, s]: the bias goes through as it is; or [s + 1, s + 1]: it is the weight of a
 *   last feature that is always 1.
 *
 * Zhang et al. 2024, eq. 5, arXiv:2311.10707 (there W is [C, s] and P stands on the right).
 */
export function projectHead(
  { weight, bias }: LinearParams<Tensor>,
  projector: Tensor,
): LinearParams<Tensor> {
  const [width = 0, classes = 0] = weight.shape;
  if (projector.shape[0] === width)
    return { weight: tf.matMul(projector as Tensor2D, weight as Tensor2D), bias };
  const stacked = tf.concat([weight, tf.reshape(bias, [1, classes])], 0) as Tensor2D; // [s + 1, C]
  const projected = tf.matMul(projector as Tensor2D, stacked);
  return {
    weight: tf.slice(projected, [0, 0], [width, classes]),
    bias: tf.reshape(tf.slice(projected, [width, 0], [1, classes]), [classes]),
  };
}
