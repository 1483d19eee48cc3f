import { ConfigError } from "../../errors.ts";
import { tf } from "../tf.ts";
import { createOptimizer } from "./createOptimizer.ts";
import type { Optimizer } from "./Optimizer.ts";

/** Options of stochastic gradient descent. */
export interface SgdOptions {
  /** μ, in [0, 1); 0.9 unless said otherwise. */
  readonly momentum?: number;
  /** λ, added to the gradient as λ·p; 0 unless said otherwise. */
  readonly weightDecay?: number;
}

/**
 * Gradient descent with momentum.
 *
 *     u ← μ·u + g + λ·p        p ← p − η·u
 *
 * @throws {ConfigError} If an option is out of its range.
 *
 * Sutskever et al. 2013; the form without (1 − μ) and with η outside u, as PyTorch has it.
 */
export function sgd({ momentum = 0.9, weightDecay = 0 }: SgdOptions = {}): Optimizer<"u"> {
  if (!(momentum >= 0 && momentum < 1))
    throw new ConfigError("sgd", `momentum must be in [0, 1), got ${momentum}`);
  if (!(weightDecay >= 0))
    throw new ConfigError("sgd", `weightDecay must be >= 0, got ${weightDecay}`);

  return createOptimizer(["u"], (learningRate) => ({ param, gradient, parts: [u] }) => {
    const decayed = weightDecay > 0 ? tf.add(gradient, tf.mul(param, weightDecay)) : gradient;
    const next = tf.add(tf.mul(u ?? decayed, momentum), decayed);
    return { param: tf.sub(param, tf.mul(next, learningRate)), parts: [next] };
  });
}
