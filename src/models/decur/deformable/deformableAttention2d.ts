import { expectShape } from "../../../tensor/expectShape.ts";
import { type Tensor, type Tensor4D, tf } from "../../../tensor/tf.ts";
import { gelu } from "../../layers/gelu.ts";
import { linear } from "../../layers/Linear.ts";
import { layerNorm } from "../../layers/layerNorm.ts";
import { attendSamples } from "./attendSamples.ts";
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
  const { groups: G, kernel, stride, grid = "symmetric" } = options;
  const [rows, columns] = [strided(H, stride), strided(W, stride)];
  const [N, width] = [rows * columns, C / G];

  const query = linear(params.query, x); // [B, H, W, C]
  const grouped = tf.transpose(tf.reshape(query, [B, H, W, G, width]), [3, 0, 1, 2, 4]); // [G, B, H, W, width]
  const seen = tf.depthwiseConv2d(
    tf.reshape(grouped, [G * B, H, W, width]) as Tensor4D,
    params.offset.depthwise as Tensor4D,
    stride,
    (kernel - 1) / 2,
  ); // [GB, rows, columns, width]
  const felt = gelu(layerNorm(params.offset.norm, tf.add(seen, params.offset.bias)));
  const offsets = tf.matMul(tf.reshape(felt, [-1, width]), params.offset.direction); // [GBN, 2]
  const reference = tf.tensor(
    referencePoints(rows, grid).flatMap((y) => referencePoints(columns, grid).map((z) => [y, z])),
    [N, 2],
  );
  const unit = tf.clipByValue(tf.add(tf.reshape(offsets, [G * B, N, 2]), reference), -1, 1);
  const place = tf.mul(tf.add(unit, 1), tf.tensor1d([(H - 1) / 2, (W - 1) / 2])); // [GB, N, 2], cells
  const [y, z] = tf.unstack(place, 2) as [Tensor, Tensor]; // [GB, N]
  const reads = tf.mul(tf.expandDims(tentWeights(y, H), 3), tf.expandDims(tentWeights(z, W), 2)); // [GB, N, H, W]

  const value = attendSamples(params, options, {
    x: tf.reshape(x, [B, H * W, C]),
    query: tf.reshape(query, [B, H * W, C]),
    reads: tf.reshape(reads, [G, B, N, H * W]),
    cells: [H, W],
  });
  return {
    value: tf.reshape(value, [B, H, W, C]),
    places: tf.transpose(tf.reshape(place, [G, B, N, 2]), [1, 0, 2, 3]),
  };
}
