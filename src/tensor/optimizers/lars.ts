import { ConfigError } from "../../errors.ts";
import { type Tensor, tf } from "../tf.ts";
import { createOptimizer } from "./createOptimizer.ts";
import type { Optimizer } from "./Optimizer.ts";

/** Options of layer-wise adaptive rate scaling. */
export interface LarsOptions {
  /** μ, in [0, 1); 0.9 unless said otherwise. */
  readonly momentum?: number;
  /** λ; 1e-6 unless said otherwise, Barlow Twins' and DeCUR's value. */
  readonly weightDecay?: number;
  /** Trust coefficient; 0.001 unless said otherwise. */
  readonly trust?: number;
  /** Which parameters are decayed and scaled; those of rank >= 2 unless said otherwise. */
  readonly adapts?: (path: string, param: Tensor) => boolean;
}

/**
 * Momentum with a learning rate per layer, in proportion to the layer's size over its gradient's.
 *
 *     d = g + λ·p        q = trust · ‖p‖ / ‖d‖  (1 where either norm is 0)
 *     u ← μ·u + q·d      p ← p − η·u
 *
 * Biases and norms (rank < 2) are neither decayed nor scaled.
 *
 * @throws {ConfigError} If an option is out of its range.
 *
 * You et al. 2017, arXiv:1708.03888; in the form of Barlow Twins' released code, which DeCUR uses:
 * the norm in the denominator is that of the decayed gradient.
 */
export function lars({
  momentum = 0.9,
  weightDecay = 1e-6,
  trust = 0.001,
  adapts = (_, param) => param.rank >= 2,
}: LarsOptions = {}): Optimizer<"u"> {
  if (!(momentum >= 0 && momentum < 1))
    throw new ConfigError("lars", `momentum must be in [0, 1), got ${momentum}`);
  if (!(weightDecay >= 0))
    throw new ConfigError("lars", `weightDecay must be >= 0, got ${weightDecay}`);
  if (!(trust > 0)) throw new ConfigError("lars", `trust must be > 0, got ${trust}`);

  return createOptimizer(["u"], (learningRate) => ({ path, param, gradient, parts: [u] }) => {
    const direction = adapts(path, param) ? scaled(param, gradient) : gradient;
    const next = tf.add(tf.mul(u ?? direction, momentum), direction);
    return { param: tf.sub(param, tf.mul(next, learningRate)), parts: [next] };
  });

  function scaled(param: Tensor, gradient: Tensor): Tensor {
    const decayed = tf.add(gradient, tf.mul(param, weightDecay));
    const paramNorm = tf.sqrt(tf.sum(tf.square(param))); // []
    const decayedNorm = tf.sqrt(tf.sum(tf.square(decayed))); // []
    const isUsable = tf.logicalAnd(tf.greater(paramNorm, 0), tf.greater(decayedNorm, 0));
    const safeNorm = tf.where(isUsable, decayedNorm, tf.onesLike(decayedNorm));
    const ratio = tf.where(
      isUsable,
      tf.div(tf.mul(paramNorm, trust), safeNorm),
      tf.onesLike(paramNorm),
    );
    return tf.mul(decayed, ratio);
  }
}
