import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";

/** What a batch normalisation remembers of the batches it saw. */
export type BatchNormStatistics<L> = {
  /** [C], 0 at the start. */
  readonly mean: L;
  /** [C], 1 at the start. */
  readonly variance: L;
};

/** Statistics of nothing seen yet. */
export function initBatchNorm(channels: number): BatchNormStatistics<HostTensor<"float32">> {
  return {
    mean: hostTensor(new Float32Array(channels), [channels]),
    variance: hostTensor(new Float32Array(channels).fill(1), [channels]),
  };
}

/** What `batchNorm` gives. */
export interface BatchNormOutput {
  /** As x. */
  readonly y: Tensor;
  /** For the next batch; those that came in when not training. */
  readonly statistics: BatchNormStatistics<Tensor>;
}

const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/**
 * y = g ⊙ (x − μ) / √(σ² + 1e-5) + o per channel.
 *
 * In training μ and σ² are those of the batch over all axes but the last, and the running statistics
 * move a tenth of the way towards them (the variance in its unbiased form, as PyTorch has it);
 * otherwise they are the running ones.
 *
 * @param x [..., C]
 * @param gain [C]
 * @param offset [C]
 *
 * Ioffe, Szegedy 2015, alg. 1, arXiv:1502.03167. Not for streams: a batch of one has no variance.
 */
export function batchNorm(
  x: Tensor,
  gain: Tensor,
  offset: Tensor,
  statistics: BatchNormStatistics<Tensor>,
  mode: "training" | "inference",
): BatchNormOutput {
  const scale = (by: { mean: Tensor; variance: Tensor }): Tensor => {
    const factor = tf.mul(gain, tf.rsqrt(tf.add(by.variance, EPSILON))); // [C]
    return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(by.mean, factor)));
  };
  if (mode === "inference") return { y: scale(statistics), statistics };

  const channels = x.shape.at(-1) ?? 0;
  const rows = tf.reshape(x, [-1, channels]);
  const count = rows.shape[0] ?? 0;
  const mean = tf.mean(rows, 0);
  const variance = tf.mean(tf.square(tf.sub(rows, mean)), 0);
  const towards = (old: Tensor, seen: Tensor): Tensor =>
    tf.add(tf.mul(old, 1 - MOMENTUM), tf.mul(seen, MOMENTUM));
  return {
    y: scale({ mean, variance }),
    statistics: {
      mean: towards(statistics.mean, mean),
      variance: towards(statistics.variance, tf.mul(variance, count / Math.max(1, count - 1))),
    },
  };
}
