import { expectShape } from "../../../tensor/expectShape.ts";
import { type Tensor, type Tensor4D, tf } from "../../../tensor/tf.ts";
import { gelu } from "../../layers/gelu.ts";
import { linear } from "../../layers/Linear.ts";
import { layerNorm } from "../../layers/layerNorm.ts";
import { checkDeformable, type DeformableOptions, strided } from "./DeformableOptions.ts";
import type { DeformableParams } from "./params.ts";
import { referencePoints } from "./referenceGrid.ts";
import { tentWeights } from "./tentWeights.ts";

/** What the attention gives, and where it looked. */
export interface Deformed {
  /** Shape of the input. To be added to it: a plain residual. */
  readonly value: Tensor;
  /** [B, G, N, axes] places of the samples in cells, within the map. */
  readonly places: Tensor;
}

/**
 * Attention of every cell of an image to a few samples that the image itself places.
 *
 *     q = x W_q,  offsets = MLP(depthwise(q)) per group,  p = clip(reference + offsets, −1, 1)
 *     x̃ = x read bilinearly at p,  k = x̃ W_k,  v = x̃ W_v
 *     out = softmax( q kᵀ/√d + T(½ (q's place − p)) ) v W_o          T a learned table, read bilinearly
 *
 * One modality only: there is no path across. Samples: ⌊(H−1)/s⌋+1 by ⌊(W−1)/s⌋+1 for each group.
 * The paper puts one after each of the last two stages, `x ← x + out`; it was worth less than a point
 * there.
 *
 * @param x [B, H, W, C]
 * @throws {ConfigError} If the options do not fit C.
 *
 * Xia et al. 2022, eqs. 4–9, arXiv:2201.00520, without a range for offsets; residual use: Wang et al.
 * 2024, sec. 3.3, arXiv:2309.05300.
 */
export function deformableAttention2d(
  params: DeformableParams<Tensor>,
  options: DeformableOptions,
  x: Tensor,
): Deformed {
  const [B, H, W, C] = expectShape("deformableAttention2d", ["B", "H", "W", "C"], x);
  checkDeformable("deformableAttention2d", options, C);
  const { heads, groups: G, kernel, stride, grid = "symmetric" } = options;
  const [rows, columns] = [strided(H, stride), strided(W, stride)];
  const [N, width, own] = [rows * columns, C / G, heads / G];

  const query = linear(params.query, x); // [B, H, W, C]
  const grouped = (map: Tensor): Tensor4D =>
    tf.reshape(tf.transpose(tf.reshape(map, [B, H, W, G, width]), [0, 3, 1, 2, 4]), [
      B * G,
      H,
      W,
      width,
    ]);
  const seen = tf.depthwiseConv2d(
    grouped(query),
    params.offset.depthwise as Tensor4D,
    stride,
    (kernel - 1) / 2,
  ); // [BG, rows, columns, width]
  const felt = gelu(layerNorm(params.offset.norm, tf.add(seen, params.offset.bias)));
  const offsets = tf.matMul(tf.reshape(felt, [-1, width]), params.offset.direction); // [BGN, 2]
  const reference = tf.tensor(
    referencePoints(rows, grid).flatMap((y) => referencePoints(columns, grid).map((z) => [y, z])),
    [N, 2],
  );
  const unit = tf.clipByValue(tf.add(tf.reshape(offsets, [B * G, N, 2]), reference), -1, 1);
  const place = tf.mul(tf.mul(tf.add(unit, 1), 0.5), tf.tensor1d([H - 1, W - 1])); // [BG, N, 2], cells
  const [y, z] = tf.unstack(place, 2) as [Tensor, Tensor]; // [BG, N]

  const reads = tf.mul(tf.expandDims(tentWeights(y, H), 3), tf.expandDims(tentWeights(z, W), 2)); // [BG, N, H, W]
  const sampled = tf.matMul(
    tf.reshape(reads, [B * G, N, H * W]),
    tf.reshape(grouped(x), [B * G, H * W, width]),
  ); // [BG, N, width]
  const samples = tf.reshape(tf.transpose(tf.reshape(sampled, [B, G, N, width]), [0, 2, 1, 3]), [
    B,
    N,
    C,
  ]);

  const perHead = (map: Tensor, length: number): Tensor =>
    tf.transpose(tf.reshape(map, [B, length, heads, C / heads]), [0, 2, 1, 3]); // [B, h, length, d]
  const scores = tf.mul(
    tf.matMul(perHead(query, H * W), perHead(linear(params.key, samples), N), false, true),
    1 / Math.sqrt(C / heads),
  ); // [B, h, HW, N]

  // By group, then sample: the table's rows are read first, its columns second.
  const byGroup = (axis: Tensor): Tensor =>
    tf.reshape(tf.transpose(tf.reshape(axis, [B, G, N]), [1, 0, 2]), [G, B * N, 1]);
  const away = (axis: Tensor, cells: number): Tensor =>
    tentWeights(tf.add(tf.sub(tf.range(0, cells), byGroup(axis)), cells - 1), 2 * cells - 1);
  const table = tf.reshape(
    tf.transpose(tf.reshape(params.displacement, [G, own, 2 * H - 1, 2 * W - 1]), [0, 2, 1, 3]),
    [G, 2 * H - 1, own * (2 * W - 1)],
  );
  const readRows = tf.matMul(tf.reshape(away(y, H), [G, B * N * H, 2 * H - 1]), table); // [G, BNH, h'(2W−1)]
  const readAll = tf.matMul(
    tf.reshape(readRows, [G * B * N, H * own, 2 * W - 1]),
    tf.reshape(away(z, W), [G * B * N, W, 2 * W - 1]),
    false,
    true,
  ); // [GBN, H·h', W]
  const bias = tf.reshape(
    tf.transpose(tf.reshape(readAll, [G, B, N, H, own, W]), [1, 0, 4, 3, 5, 2]),
    [B, heads, H * W, N],
  );

  const mixed = tf.matMul(
    tf.softmax(tf.add(scores, bias)),
    perHead(linear(params.value, samples), N),
  ); // [B, h, HW, d]
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B, H, W, C]);
  return {
    value: linear(params.output, joined),
    places: tf.reshape(place, [B, G, N, 2]),
  };
}
