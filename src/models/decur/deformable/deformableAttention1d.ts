import { expectShape } from "../../../tensor/expectShape.ts";
import { type Tensor, type Tensor3D, type Tensor4D, tf } from "../../../tensor/tf.ts";
import { gelu } from "../../layers/gelu.ts";
import { linear } from "../../layers/Linear.ts";
import { layerNorm } from "../../layers/layerNorm.ts";
import { attendSamples } from "./attendSamples.ts";
import { checkDeformable, type DeformableOptions, strided } from "./DeformableOptions.ts";
import type { Deformed } from "./deformableAttention2d.ts";
import type { DeformableParams } from "./params.ts";
import { referencePoints } from "./referenceGrid.ts";
import { tentWeights } from "./tentWeights.ts";

/** Options along one axis. */
export interface DeformableOptions1d extends DeformableOptions {
  /**
   * For streams: the offset network looks back only, a sample stays at or before its reference row,
   * and a row attends to samples whose reference row it has reached. Row t then depends on no later
   * row. Reference rows are 0, s, 2s, …; `grid` does not matter.
   */
  readonly isCausal?: boolean;
}

const EXCLUDED = -1e9;

/**
 * `deformableAttention2d` along one axis: samples move along time and are read by linear interpolation.
 *
 * @param x [B, T, C]
 * @returns `value` [B, T, C], `places` [B, G, N, 1] with N = ⌊(T−1)/s⌋ + 1.
 * @throws {ConfigError} If the options do not fit C.
 *
 * Ours, after Xia et al. 2022, arXiv:2201.00520.
 */
export function deformableAttention1d(
  params: DeformableParams<Tensor>,
  options: DeformableOptions1d,
  x: Tensor,
): Deformed {
  const [B, T, C] = expectShape("deformableAttention1d", ["B", "T", "C"], x);
  checkDeformable("deformableAttention1d", options, C);
  const { groups: G, kernel, stride, grid = "symmetric", isCausal = false } = options;
  const [N, width] = [strided(T, stride), C / G];

  const query = linear(params.query, x); // [B, T, C]
  const grouped = tf.reshape(tf.transpose(tf.reshape(query, [B, T, G, width]), [2, 0, 1, 3]), [
    G * B,
    T,
    width,
  ]);
  const half = (kernel - 1) / 2;
  const padded = tf.pad(grouped as Tensor3D, [
    [0, 0],
    isCausal ? [kernel - 1, 0] : [half, half],
    [0, 0],
  ]); // [GB, T + kernel − 1, width]
  const seen = tf.depthwiseConv2d(
    tf.reshape(padded, [G * B, 1, T + kernel - 1, width]) as Tensor4D,
    tf.reshape(params.offset.depthwise, [1, kernel, width, 1]) as Tensor4D,
    stride,
    "valid",
  ); // [GB, 1, N, width]
  const felt = gelu(layerNorm(params.offset.norm, tf.add(seen, params.offset.bias)));
  const offsets = tf.reshape(tf.matMul(tf.reshape(felt, [-1, width]), params.offset.direction), [
    G * B,
    N,
  ]);
  const starts = Array.from({ length: N }, (_, n) => n * stride);
  const place = isCausal
    ? pastPlaces(offsets, starts, T)
    : tf.mul(
        tf.add(
          tf.clipByValue(tf.add(offsets, tf.tensor1d([...referencePoints(N, grid)])), -1, 1),
          1,
        ),
        (T - 1) / 2,
      ); // [GB, N]

  const value = attendSamples(params, options, {
    x,
    query,
    reads: tf.reshape(tentWeights(place, T), [G, B, N, T]),
    cells: [T],
    ...(isCausal && { mask: futureMask(T, starts) }),
  });
  return { value, places: tf.transpose(tf.reshape(place, [G, B, N, 1]), [1, 0, 2, 3]) };
}

/** Reference row plus offset, at or before the reference row and not before the first. */
function pastPlaces(offsets: Tensor, starts: readonly number[], T: number): Tensor {
  const reference = tf.tensor1d([...starts]);
  return tf.relu(tf.minimum(tf.add(tf.mul(offsets, (T - 1) / 2), reference), reference));
}

/** [T, N] 0 where row t has reached the sample's reference row, else so low that softmax gives 0. */
function futureMask(T: number, starts: readonly number[]): Tensor {
  return tf.tensor2d(
    Array.from({ length: T }, (_, t) => starts.map((start) => (start <= t ? 0 : EXCLUDED))),
  );
}
