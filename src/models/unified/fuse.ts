import { type Tensor, tf } from "../../tensor/tf.ts";

/** Every non-empty subset of `count` things as rows of 0 and 1: row i is the binary number i + 1. */
export function subsetMasks(count: number): number[][] {
  return Array.from({ length: 2 ** count - 1 }, (_, row) =>
    Array.from({ length: count }, (_, member) => ((row + 1) >> member) & 1),
  );
}

/** What `fuse` gives. */
export interface Fused {
  /** [M, classes] natural log, per subset. */
  readonly logProbabilities: Tensor;
  /** [M, S] shares of the streams, each row sums to 1 where anything of the subset is present. */
  readonly weights: Tensor;
  /** [S] smoothed normalised entropies, for the next row. */
  readonly entropy: Tensor;
}

/** How `fuse` weighs. */
export interface FuseOptions {
  /** Weight of a stream is exp(−sharpness · H). */
  readonly sharpness: number;
  /** Time constant of the smoothing, in rows. */
  readonly smoothingRows: number;
}

/**
 * One answer from many, for every subset of the streams at once.
 *
 *     H_m = −Σ p log p / log C,   H̄_m ← H̄_m + (H_m − H̄_m)(1 − e^{−1/R})     where m is present
 *     w_m ∝ [m in subset and present] · exp(−sharpness · H̄_m)
 *     log p = normalise( ½ Σ w_m log p_m + ½ log p_J )      more than one present
 *     log p = log p_m                                        exactly one: its own head
 *
 * @param streams [S, classes] log-probabilities of each stream's own head.
 * @param joint [M, classes] log-probabilities of the joint head that saw each subset.
 * @param present [S] 1 where the stream is present at this row.
 * @param entropy [S] H̄ of the row before; 1 (undecided) at the start.
 * @param subsets [M, S] 1 where the stream belongs to the subset.
 *
 * Entropy weighting after Zhang et al. 2024 (MLA), eq. 9-10, arXiv:2311.10707, sharpened and smoothed over
 * time. A subset of which nothing is present has no answer here; its row is finite and means nothing.
 */
export function fuse(
  streams: Tensor,
  joint: Tensor,
  present: Tensor,
  entropy: Tensor,
  subsets: Tensor,
  { sharpness, smoothingRows }: FuseOptions,
): Fused {
  const classes = streams.shape[1] ?? 1;
  const now = tf.div(tf.neg(tf.sum(tf.mul(tf.exp(streams), streams), 1)), Math.log(classes)); // [S]
  const share = 1 - Math.exp(-1 / smoothingRows);
  const next = tf.add(entropy, tf.mul(tf.mul(tf.sub(now, entropy), share), present)); // [S]

  const members = tf.mul(subsets, tf.expandDims(present, 0)); // [M, S]
  const raw = tf.mul(members, tf.exp(tf.mul(next, -sharpness))); // [M, S]
  const weights = tf.div(raw, tf.maximum(tf.sum(raw, 1, true), 1e-30));
  const late = tf.matMul(weights, streams); // [M, classes]
  const several = tf.cast(tf.greater(tf.sum(members, 1, true), 1.5), "float32"); // [M, 1]
  // ½ + ½ where several streams speak; the stream's own head alone where there is one.
  const mixed = tf.add(
    tf.mul(late, tf.sub(1, tf.mul(several, 0.5))),
    tf.mul(joint, tf.mul(several, 0.5)),
  );
  return { logProbabilities: tf.logSoftmax(mixed), weights, entropy: next };
}
