import { type Tensor, tf } from "../../tensor/tf.ts";

/**
 * Modalities of equally many tokens, one under the other on the batch axis.
 *
 * Because modalities never read each other, G of them are simply a batch G times as large: one product
 * each for queries, keys and values, and no mask to keep them apart.
 */
export interface TokenGroup {
  /** G modalities; rows g·B … (g+1)·B − 1 belong to the g-th. */
  readonly names: readonly string[];
  /** T, tokens of each. */
  readonly tokens: number;
  /** [G·B, T, D] */
  readonly rows: Tensor;
  /** [G·B, T] 1 where the token is there and may be read; absent: all may. */
  readonly readable?: Tensor;
  /** [G·B, N] 1 where the sample has the modality at that position; absent: everywhere. */
  readonly present?: Tensor;
}

/** Rows of a group side by side: [G·B, T, ...] → [B, G·T, ...], modality after modality. */
export function besides(x: Tensor, count: number): Tensor {
  if (count === 1) return x;
  const [stacked = 0, T = 0, ...rest] = x.shape;
  const split = tf.reshape(x, [count, stacked / count, T, ...rest]);
  const order = [1, 0, ...split.shape.map((_, axis) => axis).slice(2)];
  return tf.reshape(tf.transpose(split, order), [stacked / count, count * T, ...rest]);
}

/** Heads of a group side by side: [G·B, H, T, d] → [B, H, G·T, d]. */
export function headsBesides(x: Tensor, count: number): Tensor {
  if (count === 1) return x;
  const [stacked = 0, H = 0, T = 0, d = 0] = x.shape;
  const split = tf.reshape(x, [count, stacked / count, H, T, d]);
  return tf.reshape(tf.transpose(split, [1, 2, 0, 3, 4]), [stacked / count, H, count * T, d]);
}

/** The inverse of `headsBesides`. */
export function headsStacked(x: Tensor, count: number): Tensor {
  if (count === 1) return x;
  const [B = 0, H = 0, wide = 0, d = 0] = x.shape;
  const split = tf.reshape(x, [B, H, count, wide / count, d]);
  return tf.reshape(tf.transpose(split, [2, 0, 1, 3, 4]), [count * B, H, wide / count, d]);
}

/** The g-th modality's part of a tensor stacked on its first axis. */
export function memberOf(x: Tensor, index: number, count: number): Tensor {
  if (count === 1) return x;
  const [stacked = 0, ...rest] = x.shape;
  const size = stacked / count;
  return tf.slice(x, [index * size, ...rest.map(() => 0)], [size, ...rest]);
}

/** What holds of each position, for each of its tokens: [B, N] → [B, T] */
export function perToken(x: Tensor, tokens: number): Tensor {
  const [B = 0, N = 0] = x.shape;
  if (N === tokens) return x;
  return tf.reshape(tf.tile(tf.expandDims(x, 2), [1, 1, tokens / N]), [B, tokens]);
}
