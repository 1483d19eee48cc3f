import { ShapeError } from "../../errors.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { initLinear, type LinearParams, linear } from "./Linear.ts";
import { initLayerNorm, type LayerNormParams, layerNorm } from "./layerNorm.ts";
import type { Uniform } from "./Uniform.ts";

/** Weights of one post-norm transformer encoder layer. */
export type TransformerLayerParams<L> = {
  readonly query: LinearParams<L>;
  readonly key: LinearParams<L>;
  readonly value: LinearParams<L>;
  readonly out: LinearParams<L>;
  readonly attended: LayerNormParams<L>;
  readonly up: LinearParams<L>;
  readonly down: LinearParams<L>;
  readonly fed: LayerNormParams<L>;
};

/** Fresh weights for rows of `width`; 789,760 numbers at 256 and 1024. */
export function initTransformerLayer(
  uniform: Uniform,
  width: number,
  feedForward: number,
): TransformerLayerParams<HostTensor<"float32">> {
  const square = (): LinearParams<HostTensor<"float32">> => initLinear(uniform, width, width);
  return {
    query: square(),
    key: square(),
    value: square(),
    out: square(),
    attended: initLayerNorm(width),
    up: initLinear(uniform, width, feedForward, 1.4),
    down: initLinear(uniform, feedForward, width),
    fed: initLayerNorm(width),
  };
}

/** Dropout factors of one layer (0, or 1 / (1 − p)); absent at inference. */
export type TransformerMasks<L> = {
  /** [B, heads, T, S] on the attention weights. */
  readonly weights: L;
  /** [B, T, width] */
  readonly attended: L;
  /** [B, T, feedForward] */
  readonly inner: L;
  /** [B, T, width] */
  readonly fed: L;
};

/** How a layer looks around. */
export interface TransformerLayerOptions {
  readonly heads: number;
  /** [B, P, width] rows of this layer's input before `x`, oldest first; they are looked at, not given out. */
  readonly past?: Tensor;
  /** [B or 1, heads or 1, T, P + T] added to the logits; −1e9 where a row must not look. */
  readonly bias?: Tensor;
  readonly masks?: TransformerMasks<Tensor>;
}

/**
 * One transformer encoder layer, normalised after each half; no positions.
 *
 *     h = LN(x + A(x)),  y = LN(h + W₂ relu(W₁ h)),  A = multi-head attention
 *
 * @param x [B, T, width]
 * @returns [B, T, width]
 * @throws {ShapeError} If the heads do not divide the width.
 *
 * Vaswani et al. 2017, sec. 3, arXiv:1706.03762.
 */
export function transformerLayer(
  params: TransformerLayerParams<Tensor>,
  x: Tensor,
  { heads, past, bias, masks }: TransformerLayerOptions,
): Tensor {
  const [B = 0, T = 0, width = 0] = x.shape;
  if (width % heads !== 0)
    throw new ShapeError("transformerLayer", `heads must divide ${width}, got ${heads}`);
  const size = width / heads;
  const seen = past === undefined ? x : tf.concat([past, x], 1); // [B, S, width]
  const byHead = (rows: Tensor): Tensor =>
    tf.transpose(tf.reshape(rows, [B, -1, heads, size]), [0, 2, 1, 3]); // [B, heads, ·, size]
  const q = byHead(tf.mul(linear(params.query, x), 1 / Math.sqrt(size)));
  const [k, v] = [byHead(linear(params.key, seen)), byHead(linear(params.value, seen))];
  const logits = tf.matMul(q, k, false, true); // [B, heads, T, S]
  const weights = tf.softmax(bias === undefined ? logits : tf.add(logits, bias));
  const mixed = tf.matMul(masked(weights, masks?.weights), v); // [B, heads, T, size]
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B, T, width]);
  const h = layerNorm(
    params.attended,
    tf.add(x, masked(linear(params.out, joined), masks?.attended)),
  );
  const inner = masked(tf.relu(linear(params.up, h)), masks?.inner);
  return layerNorm(params.fed, tf.add(h, masked(linear(params.down, inner), masks?.fed)));
}

function masked(rows: Tensor, mask: Tensor | undefined): Tensor {
  return mask === undefined ? rows : tf.mul(rows, mask);
}
