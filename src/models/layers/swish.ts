import { type GradSaveFunc, type Tensor, tf } from "../../tensor/tf.ts";

/**
 * x · σ(x), with a gradient of few passes: swish'(x) = σ + swish(x) · (1 − σ).
 *
 * Ramachandran et al. 2017, sec. 3, arXiv:1710.05941; SiLU in Elfwing et al. 2017, arXiv:1702.03118.
 */
export function swish(x: Tensor): Tensor {
  const apply = tf.customGrad((...operands) => {
    const [input, save] = operands as [Tensor, GradSaveFunc];
    const gate = tf.sigmoid(input);
    const value = tf.mul(input, gate);
    save([gate, value]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [gate0, value0] = saved as [Tensor, Tensor];
        return tf.mul(dy, tf.add(gate0, tf.mul(value0, tf.sub(1, gate0))));
      },
    };
  });
  return apply(x);
}
