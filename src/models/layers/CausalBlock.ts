import { ShapeError } from "../../errors.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { gelu } from "./gelu.ts";
import { initLinear, type LinearParams, linear } from "./Linear.ts";
import { initLayerNorm, type LayerNormParams, layerNorm } from "./layerNorm.ts";
import type { Uniform } from "./Uniform.ts";

/** Rows a kernel looks at: now, one dilation ago, two dilations ago. */
export const CAUSAL_TAPS = 3;

/** Weights of one residual block of dilated causal convolution. */
export type CausalBlockParams<L> = {
  readonly norm: LayerNormParams<L>;
  /** [taps · width, width], oldest tap first. */
  readonly conv: LinearParams<L>;
};

/** Fresh weights of a block of `width` channels. */
export function initCausalBlock(
  uniform: Uniform,
  width: number,
): CausalBlockParams<HostTensor<"float32">> {
  return { norm: initLayerNorm(width), conv: initLinear(uniform, CAUSAL_TAPS * width, width, 1.4) };
}

/** Rows of the past that a block of this dilation keeps. */
export function cacheRows(dilation: number): number {
  return (CAUSAL_TAPS - 1) * dilation;
}

/** What a block gives: its rows, and the past it needs before the next ones. */
export interface CausalBlockOutput {
  /** [B, T, width] */
  readonly rows: Tensor;
  /** [B, 2·dilation, width], normalised rows; the next call's `cache`. */
  readonly cache: Tensor;
}

/**
 * One residual block that looks only back: h + m ⊙ gelu(conv(LN(h))), three taps `dilation` rows apart.
 *
 * The same function serves training (a whole stretch of rows after a cache of zeros) and the live
 * stream (one row after the cache of the rows before), so that both compute the same numbers.
 *
 * @param h [B, T, width], oldest row first.
 * @param cache [B, 2·dilation, width] as given out by the call for the rows before; zeros at the start.
 * @param mask Dropout factors that broadcast to [B, T, width]; absent at inference.
 *
 * Dilated causal convolution: van den Oord et al. 2016, sec. 2.1, arXiv:1609.03499; residual use: Bai
 * et al. 2018, fig. 1, arXiv:1803.01271. We normalise by layer, before the convolution, so that a
 * single stream is enough.
 */
export function causalBlock(
  params: CausalBlockParams<Tensor>,
  h: Tensor,
  cache: Tensor,
  dilation: number,
  mask?: Tensor,
): CausalBlockOutput {
  const [batch = 0, rows = 0, width = 0] = h.shape;
  const past = cacheRows(dilation);
  if (h.rank !== 3 || cache.shape[1] !== past || cache.shape[0] !== batch)
    throw new ShapeError(
      "causalBlock",
      `expected rows [B, T, width] and a cache [B, ${past}, width], got [${h.shape}] and [${cache.shape}]`,
    );
  const line = tf.concat([cache, layerNorm(params.norm, h)], 1); // [B, past + T, width]
  const taps = Array.from({ length: CAUSAL_TAPS }, (_, tap) =>
    tf.slice(line, [0, tap * dilation, 0], [batch, rows, width]),
  );
  const change = gelu(linear(params.conv, tf.concat(taps, 2))); // [B, T, width]
  return {
    rows: tf.add(h, mask === undefined ? change : tf.mul(change, mask)),
    cache: tf.slice(line, [0, rows, 0], [batch, past, width]),
  };
}
