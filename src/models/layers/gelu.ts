import { type GradSaveFunc, type Tensor, tf } from "../../tensor/tf.ts";

const SLOPE = 1.702;

/**
 * x · σ(1.702 x): the Gaussian error linear unit in its logistic form.
 *
 * With a gradient of its own, which needs half the passes of the composed one:
 *
 *     gelu'(x) = σ + 1.702 · gelu(x) · (1 − σ)
 *
 * Hendrycks, Gimpel 2016, sec. 2, arXiv:1606.08415.
 */
export function gelu(x: Tensor): Tensor {
  const apply = tf.customGrad((...operands) => {
    const [input, save] = operands as [Tensor, GradSaveFunc];
    const gate = tf.sigmoid(tf.mul(input, SLOPE));
    const value = tf.mul(input, gate);
    save([gate, value]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [gate0, value0] = saved as [Tensor, Tensor];
        const bend = tf.mul(tf.mul(value0, tf.sub(1, gate0)), SLOPE);
        return tf.mul(dy, tf.add(gate0, bend));
      },
    };
  });
  return apply(x);
}
