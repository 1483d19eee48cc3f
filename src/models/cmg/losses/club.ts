import { type Tensor, tf } from "../../../tensor/tf.ts";

/** What an approximation net says of y given x: q(y|x) = N(mean, diag e^logVariance). */
export interface Gaussian {
  /** [B, T, d] */
  readonly mean: Tensor;
  /** [B, T, d] ln σ² */
  readonly logVariance: Tensor;
}

/**
 * Log-likelihood that the approximation nets are fitted to, without the constant −½ d ln 2π.
 *
 *     LL = mean_{b,t} ½ Σ_d [ −(μ − y)² e^{−lv} − lv ]
 *
 * @param y [B, T, d]
 * @returns []
 */
export function clubLogLikelihood({ mean, logVariance }: Gaussian, y: Tensor): Tensor {
  const terms = tf.add(
    tf.mul(tf.squaredDifference(mean, y), tf.exp(tf.neg(logVariance))),
    logVariance,
  ); // [B, T, d]
  return tf.mul(tf.mean(tf.sum(terms, -1)), -0.5);
}

/**
 * Estimate of the bound with one permutation of the clips as negatives; the log-variance terms cancel.
 *
 *     paper   I = ½ mean_b Σ_d mean_t [ ((μ − y_π)² − (μ − y)²) e^{−lv} ]
 *     code    I = ½ mean_b Σ_d ( mean_t (μ − y_π)² − mean_t (μ − y)² ) / exp(mean_t lv)
 *
 * Negatives are clips at the same frame. The two agree where lv does not change over time.
 *
 * @param y [B, T, d]
 * @param shuffled [B, T, d] y of another clip for each.
 * @returns [] in nats.
 *
 * Xia et al. 2023 (CMG), eq. 5; Cheng et al. 2020 (CLUB), sec. 3.2, arXiv:2006.12013.
 */
export function clubSampled(
  { mean, logVariance }: Gaussian,
  y: Tensor,
  shuffled: Tensor,
  timeForm: "paper" | "code" = "paper",
): Tensor {
  const gap = tf.sub(tf.squaredDifference(mean, shuffled), tf.squaredDifference(mean, y)); // [B, T, d]
  const perClip =
    timeForm === "paper"
      ? tf.mean(tf.mul(gap, tf.exp(tf.neg(logVariance))), 1)
      : tf.mul(tf.mean(gap, 1), tf.exp(tf.neg(tf.mean(logVariance, 1)))); // [B, d]
  return tf.mul(tf.mean(tf.sum(perClip, -1)), 0.5);
}

/**
 * Eq. 5 with every clip of the batch as a negative, the own one too.
 *
 * mean_j (μ − y_j)² = (μ − ȳ)² + Var y, so no [B, B] block is built. A permutation without fixed points
 * gives B / (B − 1) times this in expectation.
 *
 * @param y [B, T, d]
 * @returns [] in nats.
 */
export function clubFull({ mean, logVariance }: Gaussian, y: Tensor): Tensor {
  const centre = tf.mean(y, 0, true); // [1, T, d]
  const spread = tf.mean(tf.squaredDifference(y, centre), 0, true); // [1, T, d]
  const negative = tf.add(tf.squaredDifference(mean, centre), spread);
  const gap = tf.sub(negative, tf.squaredDifference(mean, y));
  const perClip = tf.mean(tf.mul(gap, tf.exp(tf.neg(logVariance))), 1); // [B, d]
  return tf.mul(tf.mean(tf.sum(perClip, -1)), 0.5);
}
