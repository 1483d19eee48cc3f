import { expectShape } from "../../../tensor/expectShape.ts";
import { type Tensor, type Tensor4D, tf } from "../../../tensor/tf.ts";
import { gelu } from "../../layers/gelu.ts";
import { linear } from "../../layers/Linear.ts";
import { layerNorm } from "../../layers/layerNorm.ts";
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
  const { heads, groups: G, kernel, stride, grid = "symmetric", isCausal = false } = options;
  const N = strided(T, stride);
  const [width, own] = [C / G, heads / G];

  const query = linear(params.query, x); // [B, T, C]
  const grouped = (line: Tensor): Tensor =>
    tf.reshape(tf.transpose(tf.reshape(line, [B, T, G, width]), [0, 2, 1, 3]), [B * G, T, width]);
  const half = (kernel - 1) / 2;
  const padded = tf.pad(grouped(query) as never, [
    [0, 0],
    isCausal ? [kernel - 1, 0] : [half, half],
    [0, 0],
  ]) as Tensor; // [BG, T + kernel − 1, width]
  const seen = tf.depthwiseConv2d(
    tf.reshape(padded, [B * G, 1, T + kernel - 1, width]) as Tensor4D,
    tf.reshape(params.offset.depthwise, [1, kernel, width, 1]) as Tensor4D,
    stride,
    "valid",
  ); // [BG, 1, N, width]
  const felt = gelu(layerNorm(params.offset.norm, tf.add(seen, params.offset.bias)));
  const offsets = tf.reshape(tf.matMul(tf.reshape(felt, [-1, width]), params.offset.direction), [
    B * G,
    N,
  ]);
  const starts = Array.from({ length: N }, (_, n) => n * stride);
  const cells = (unit: Tensor): Tensor => tf.mul(unit, (T - 1) / 2);
  const place = isCausal
    ? tf.relu(tf.minimum(tf.add(cells(offsets), tf.tensor1d(starts)), tf.tensor1d(starts)))
    : cells(
        tf.add(
          tf.clipByValue(tf.add(offsets, tf.tensor1d([...referencePoints(N, grid)])), -1, 1),
          1,
        ),
      ); // [BG, N]

  const sampled = tf.matMul(tentWeights(place, T), grouped(x)); // [BG, N, width]
  const samples = tf.reshape(tf.transpose(tf.reshape(sampled, [B, G, N, width]), [0, 2, 1, 3]), [
    B,
    N,
    C,
  ]);
  const perHead = (line: Tensor, length: number): Tensor =>
    tf.transpose(tf.reshape(line, [B, length, heads, C / heads]), [0, 2, 1, 3]); // [B, h, length, d]
  const scores = tf.mul(
    tf.matMul(perHead(query, T), perHead(linear(params.key, samples), N), false, true),
    1 / Math.sqrt(C / heads),
  ); // [B, h, T, N]

  const byGroup = tf.reshape(tf.transpose(tf.reshape(place, [B, G, N]), [1, 0, 2]), [G, B * N, 1]);
  const away = tentWeights(tf.add(tf.sub(tf.range(0, T), byGroup), T - 1), 2 * T - 1); // [G, BN, T, 2T−1]
  const table = tf.reshape(params.displacement, [G, own, 2 * T - 1]);
  const read = tf.matMul(tf.reshape(away, [G, B * N * T, 2 * T - 1]), table, false, true); // [G, BNT, h']
  const bias = tf.reshape(tf.transpose(tf.reshape(read, [G, B, N, T, own]), [1, 0, 4, 3, 2]), [
    B,
    heads,
    T,
    N,
  ]);
  const biased = tf.add(scores, bias);
  const reached = isCausal ? tf.add(biased, futureMask(T, starts)) : biased;
  const mixed = tf.matMul(tf.softmax(reached), perHead(linear(params.value, samples), N)); // [B, h, T, d]
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B, T, C]);
  return { value: linear(params.output, joined), places: tf.reshape(place, [B, G, N, 1]) };
}

/** [T, N] 0 where row t has reached the sample's reference row, else so low that softmax gives 0. */
function futureMask(T: number, starts: readonly number[]): Tensor {
  return tf.tensor2d(
    Array.from({ length: T }, (_, t) => starts.map((start) => (start <= t ? 0 : EXCLUDED))),
  );
}
