import { type GradSaveFunc, type Tensor, tf } from "../tf.ts";
import { isTracing } from "../trace/TraceBackend.ts";

/** Operands of a layer norm. */
export interface LayerNormOptions {
  /** γ [D]. */
  readonly gain: Tensor;
  /** β [D]. */
  readonly bias: Tensor;
  /** Added to the variance; 1e-5 unless said otherwise. */
  readonly epsilon?: number;
}

/**
 * Layer normalisation over the last axis, with a gradient of few passes.
 *
 *     y = γ · (x − mean(x)) / √(var(x) + ε) + β
 *
 * A compiled program computes the value, mean and deviation with one fused node.
 *
 * @param x [..., D] float32.
 * @returns [..., D].
 *
 * Ba et al. 2016, eq. 4, arXiv:1607.06450.
 */
export function layerNorm<T extends Tensor>(
  x: T,
  { gain, bias, epsilon = 1e-5 }: LayerNormOptions,
): T {
  const apply = tf.customGrad((...operands) => {
    const [input, gamma, beta, save] = operands as [Tensor, Tensor, Tensor, GradSaveFunc];
    const { value, mean, inverse } = isTracing()
      ? fused(input, gamma, beta, epsilon)
      : composed(input, gamma, beta, epsilon);
    save([input, gamma, mean, inverse]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [x0, gamma0, mean0, inverse0] = saved as [Tensor, Tensor, Tensor, Tensor];
        const normal = tf.mul(tf.sub(x0, mean0), inverse0);
        const scaled = tf.mul(dy, gamma0);
        const along = tf.mean(tf.mul(scaled, normal), -1, true);
        const centred = tf.sub(scaled, tf.mean(scaled, -1, true));
        const dx = tf.mul(tf.sub(centred, tf.mul(normal, along)), inverse0);
        const rows = x0.shape.slice(0, -1).map((_, axis) => axis);
        return [dx, tf.sum(tf.mul(dy, normal), rows), tf.sum(dy, rows)];
      },
    };
  });
  return apply(x, gain, bias) as T;
}

interface Normalized {
  readonly value: Tensor;
  /** [..., 1]. */
  readonly mean: Tensor;
  /** 1 / √(var + ε), [..., 1]. */
  readonly inverse: Tensor;
}

function fused(x: Tensor, gain: Tensor, bias: Tensor, epsilon: number): Normalized {
  const outputs: Tensor[] = tf
    .engine()
    .runKernel("SensoriumLayerNorm", { x, gain, bias }, { epsilon });
  const [value, mean, inverse] = outputs;
  if (value === undefined || mean === undefined || inverse === undefined)
    throw new RangeError("layerNorm: expected three outputs");
  return { value, mean, inverse };
}

function composed(x: Tensor, gain: Tensor, bias: Tensor, epsilon: number): Normalized {
  const { mean, variance } = tf.moments(x, -1, true);
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  return { value: tf.add(tf.mul(tf.mul(tf.sub(x, mean), inverse), gain), bias), mean, inverse };
}
