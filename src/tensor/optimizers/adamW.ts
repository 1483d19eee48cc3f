import { ConfigError } from "../../errors.ts";
import { type Tensor, tf } from "../tf.ts";
import { createOptimizer } from "./createOptimizer.ts";
import type { Optimizer } from "./Optimizer.ts";

/** Options of Adam and AdamW. */
export interface AdamWOptions {
  /** Decay of the mean of gradients, in [0, 1); 0.9 unless said otherwise. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1); 0.999 unless said otherwise. */
  readonly beta2?: number;
  /** Added to the root; 1e-8 unless said otherwise. */
  readonly epsilon?: number;
  /** Decoupled weight decay per unit of learning rate; 0.01 unless said otherwise. */
  readonly weightDecay?: number;
  /** Which parameters decay; all unless said otherwise. Biases and norms are often left out. */
  readonly decays?: (path: string, param: Tensor) => boolean;
}

/**
 * Adam with decoupled weight decay.
 *
 *     m ← β₁·m + (1 − β₁)·g        v ← β₂·v + (1 − β₂)·g²
 *     p ← p − η·( m̂ / (√v̂ + ε) + λ·p ),   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
 *
 * The state holds the sums M = m / (1 − β₁) and V = v / (1 − β₂), and the corrections are folded into
 * the step size and ε: two passes over the parameters less, the same result.
 *
 * @throws {ConfigError} If an option is out of its range.
 *
 * Loshchilov and Hutter 2019, alg. 2, arXiv:1711.05101.
 */
export function adamW({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
  decays = () => true,
}: AdamWOptions = {}): Optimizer<"m" | "v"> {
  for (const [name, beta] of [
    ["beta1", beta1],
    ["beta2", beta2],
  ] as const)
    if (!(beta >= 0 && beta < 1))
      throw new ConfigError("adamW", `${name} must be in [0, 1), got ${beta}`);
  if (!(epsilon > 0)) throw new ConfigError("adamW", `epsilon must be > 0, got ${epsilon}`);
  if (!(weightDecay >= 0))
    throw new ConfigError("adamW", `weightDecay must be >= 0, got ${weightDecay}`);

  return createOptimizer(["m", "v"], (learningRate, step) => {
    const scale1 = tf.div(1 - beta1, tf.sub(1, tf.pow(beta1, step))); // [], m̂ = scale1 · M
    const scale2 = tf.sqrt(tf.div(1 - beta2, tf.sub(1, tf.pow(beta2, step)))); // [], √v̂ = scale2 · √V
    const stepSize = tf.mul(learningRate, tf.div(scale1, scale2)); // []
    const shiftedEpsilon = tf.div(epsilon, scale2); // []
    const keep = tf.sub(1, tf.mul(learningRate, weightDecay)); // []

    return ({ path, param, gradient, parts: [m, v] }) => {
      const nextM = tf.add(tf.mul(m ?? gradient, beta1), gradient);
      const nextV = tf.add(tf.mul(v ?? gradient, beta2), tf.square(gradient));
      const direction = tf.div(nextM, tf.add(tf.sqrt(nextV), shiftedEpsilon));
      const kept = weightDecay > 0 && decays(path, param) ? tf.mul(param, keep) : param;
      return { param: tf.sub(kept, tf.mul(direction, stepSize)), parts: [nextM, nextV] };
    };
  });
}

/**
 * Adam without weight decay.
 *
 * Kingma and Ba 2015, alg. 1, arXiv:1412.6980.
 */
export function adam(
  options: Omit<AdamWOptions, "weightDecay" | "decays"> = {},
): Optimizer<"m" | "v"> {
  return adamW({ ...options, weightDecay: 0 });
}
