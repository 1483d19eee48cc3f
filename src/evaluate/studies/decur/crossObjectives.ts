import type { EmbeddedViews } from "../../../models/decur/loss.ts";
import { gmcLoss } from "../../../models/gmc/loss.ts";
import { unitLength } from "../../../models/layers/unitLength.ts";
import { type Tensor, tf } from "../../../tensor/tf.ts";

/** Softmax temperature of the contrast. */
const TEMPERATURE = 0.1;

/**
 * SimCLR across modalities: the first views of a moment are positives, all others of the batch negatives.
 *
 * Normalised-temperature cross-entropy over the 2B embeddings of each pair of modalities, mean over
 * pairs.
 *
 * Chen et al. 2020, eq. 1, arXiv:2002.05709; across modalities as in Wang et al. 2024, sec. 4.
 */
export function simclrCross(views: readonly EmbeddedViews[]): Tensor {
  return meanOverPairs(views, (a, b) =>
    gmcLoss(unitLength(a), unitLength(b), { temperature: TEMPERATURE }),
  );
}

/**
 * VICReg across modalities: 25 · distance of the first views of a moment + 25 · hinge on every
 * dimension's deviation + 1 · covariances between dimensions, mean over pairs.
 *
 *     s = mean (z_a − z_b)²,   v(z) = mean_k max(0, 1 − √(var z_k + 1e-4)),   c(z) = Σ_{k≠l} cov_kl² / K
 *
 * Bardes et al. 2022, eqs. 1–6, arXiv:2105.04906.
 */
export function vicregCross(views: readonly EmbeddedViews[]): Tensor {
  return meanOverPairs(views, (a, b) => {
    const distance = tf.mean(tf.square(tf.sub(a, b)));
    const spread = tf.add(hinge(a), hinge(b));
    return tf.add(tf.mul(tf.add(distance, spread), 25), tf.add(covariance(a), covariance(b)));
  });
}

function hinge(z: Tensor): Tensor {
  const { variance } = tf.moments(z, 0);
  return tf.mean(tf.relu(tf.sub(1, tf.sqrt(tf.add(variance, 1e-4)))));
}

function covariance(z: Tensor): Tensor {
  const [B = 1, K = 1] = z.shape;
  const centred = tf.sub(z, tf.mean(z, 0));
  const matrix = tf.div(tf.matMul(centred, centred, true, false), B - 1); // [K, K]
  const off = tf.mul(matrix, tf.sub(1, tf.eye(K)));
  return tf.div(tf.sum(tf.square(off)), K);
}

function meanOverPairs(
  views: readonly EmbeddedViews[],
  loss: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const pairs = views.flatMap((a, i) => views.slice(i + 1).map((b) => loss(a.first, b.first)));
  return tf.div(
    pairs.reduce((sum, pair) => tf.add(sum, pair)),
    pairs.length,
  );
}
