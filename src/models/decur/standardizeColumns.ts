import { stopGradient } from "../../tensor/gradients.ts";
import { type GradSaveFunc, type Tensor, tf } from "../../tensor/tf.ts";

/** How columns are standardised. */
export interface StandardizeOptions {
  /** Added to the variance; 1e-5 unless said otherwise. */
  readonly epsilon?: number;
  /** [B] 1 where a row counts, 0 where its modality is absent; all rows unless given. */
  readonly present?: Tensor;
}

/** Standardised columns with the moments they were made with. */
export interface Standardized {
  /** [B, K]: columns of mean 0 and variance σ²/(σ² + ε); rows that do not count are exactly 0. */
  readonly value: Tensor;
  /** [K], without gradient. */
  readonly mean: Tensor;
  /** [K] biased, without gradient. */
  readonly variance: Tensor;
}

/**
 * Columns of mean 0 and variance 1 over the rows that count: batch normalisation without an affine part.
 *
 *     ẑ_bi = w_b (z_bi − μ_i) / √(σ²_i + ε),   μ, σ² over the n = Σ w rows, σ² biased
 *     ∂L/∂z = w/√(σ² + ε) · [ g − Σ_b w g / n − ẑ · Σ_b g ẑ / n ],   g = ∂L/∂ẑ
 *
 * The gradient is written out: composed of kernels it takes three times the passes.
 *
 * @param z [B, K]; any finite value where absent.
 *
 * Ioffe and Szegedy 2015, alg. 1, arXiv:1502.03167.
 */
export function standardizeColumns(z: Tensor, options: StandardizeOptions = {}): Standardized {
  const { epsilon = 1e-5, present } = options;
  const rows = z.shape[0] ?? 0;
  // A custom gradient may only use what it saved: tensors that it closes over are gone by then.
  const weights = present === undefined ? tf.scalar(1) : tf.reshape(present, [rows, 1]); // [B, 1]
  // No row at all must give zeros, not 0/0.
  const count = present === undefined ? tf.scalar(rows) : tf.maximum(tf.sum(present), 1); // []

  const fixed = stopGradient(z);
  const mean = meanOver(tf.mul(fixed, weights), count); // [1, K]
  const variance = meanOver(tf.mul(tf.square(tf.sub(fixed, mean)), weights), count);
  const inverse = tf.div(1, tf.sqrt(tf.add(variance, epsilon))); // [1, K]

  const apply = tf.customGrad((...operands) => {
    const [input, save] = operands as [Tensor, GradSaveFunc];
    const value = tf.mul(tf.mul(tf.sub(input, mean), inverse), weights);
    save([value, inverse, weights, count]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [normal, scale, seen, total] = saved as [Tensor, Tensor, Tensor, Tensor];
        const own = tf.mul(dy, seen);
        const centred = tf.sub(own, tf.mul(meanOver(own, total), seen));
        const along = tf.mul(normal, meanOver(tf.mul(dy, normal), total));
        return tf.mul(tf.sub(centred, along), scale);
      },
    };
  });
  const [columns = 0] = z.shape.slice(-1);
  return {
    value: apply(z),
    mean: tf.reshape(mean, [columns]),
    variance: tf.reshape(variance, [columns]),
  };
}

function meanOver(x: Tensor, count: Tensor): Tensor {
  return tf.div(tf.sum(x, 0, true), count);
}
