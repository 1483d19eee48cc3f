import { ConfigError } from "../../errors.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import {
  type CausalBlockParams,
  cacheRows,
  causalBlock,
  initCausalBlock,
} from "../layers/CausalBlock.ts";
import { initLinear, type LinearParams, linear } from "../layers/Linear.ts";
import { initLayerNorm, type LayerNormParams, layerNorm } from "../layers/layerNorm.ts";
import {
  initTransformerLayer,
  type TransformerLayerParams,
  type TransformerMasks,
  transformerLayer,
} from "../layers/TransformerLayer.ts";
import type { Uniform } from "../layers/Uniform.ts";
import type { CmgEncoder } from "./config.ts";

/** Weights of a semantic encoder Φ; which are there depends on its kind. */
export type SemanticParams<L> = {
  readonly first: LinearParams<L>;
  /** Kinds `frames` and `convolution`. */
  readonly second?: LinearParams<L>;
  readonly norm?: LayerNormParams<L>;
  /** Kind `convolution`, by position. */
  readonly blocks?: { readonly [position: string]: CausalBlockParams<L> };
  /** Kind `attention`, by position. */
  readonly layers?: { readonly [position: string]: TransformerLayerParams<L> };
};

/** Fresh weights. All layers of `attention` start from different weights (the released ones are copies). */
export function initSemantic(
  uniform: Uniform,
  encoder: CmgEncoder,
  inputs: number,
  dim: number,
): SemanticParams<HostTensor<"float32">> {
  if (encoder.kind === "attention")
    return {
      first: initLinear(uniform, inputs, dim),
      layers: Object.fromEntries(
        Array.from({ length: encoder.layers }, (_, position) => [
          String(position),
          initTransformerLayer(uniform, dim, encoder.feedForward),
        ]),
      ),
    };
  const { hidden } = encoder;
  return {
    first: initLinear(uniform, inputs, hidden, 1.4),
    ...(encoder.kind === "convolution" &&
      encoder.dilations.length > 0 && {
        blocks: Object.fromEntries(
          encoder.dilations.map((_, position) => [
            String(position),
            initCausalBlock(uniform, hidden),
          ]),
        ),
      }),
    second: initLinear(uniform, hidden, dim),
    norm: initLayerNorm(dim),
  };
}

/** What an encoder keeps of earlier frames, by position of the layer; nothing for kind `frames`. */
export interface SemanticPast<L> {
  readonly [position: string]: L;
}

/** How an encoder runs. */
export interface EncodeOptions {
  /** Training only: dropout factors per layer. */
  readonly masks?: { readonly [position: string]: TransformerMasks<Tensor> };
  /** Streams: the past that the call before gave; absent at the start of a clip. */
  readonly past?: SemanticPast<Tensor>;
  /** Streams, kind `attention`: [B, P] 1 where the past has a frame yet. */
  readonly seen?: Tensor;
}

/** Shapes of an encoder's past for B streams; empty where it looks at the present alone or at the clip. */
export function pastShapes(
  encoder: CmgEncoder,
  dim: number,
  batch: number,
): SemanticPast<readonly number[]> {
  const rows = (count: number, width: number, of: number): SemanticPast<readonly number[]> =>
    Object.fromEntries(
      Array.from({ length: of }, (_, position) => [String(position), [batch, count, width]]),
    );
  if (encoder.kind === "convolution")
    return Object.fromEntries(
      encoder.dilations.map((dilation, position) => [
        String(position),
        [batch, cacheRows(dilation), encoder.hidden],
      ]),
    );
  return encoder.kind === "attention" && typeof encoder.reach === "number" && encoder.reach > 1
    ? rows(encoder.reach - 1, dim, encoder.layers)
    : {};
}

/**
 * Frames to semantic vectors z, normalised per frame.
 *
 * @param x [B, T, inputs]
 * @returns z [B, T, D] and the past for the next frames (`past` of the next call).
 * @throws {ConfigError} If the weights are not those of the encoder's kind.
 */
export function encodeSemantic(
  params: SemanticParams<Tensor>,
  encoder: CmgEncoder,
  x: Tensor,
  options: EncodeOptions = {},
): { readonly z: Tensor; readonly past: SemanticPast<Tensor> } {
  if (encoder.kind === "attention") return attend(params, encoder, x, options);
  const { first, second, norm, blocks = {} } = params;
  if (second === undefined || norm === undefined)
    throw new ConfigError("encodeSemantic", `expected weights of kind ${encoder.kind}`);
  let rows: Tensor = tf.relu(linear(first, x));
  const past: Record<string, Tensor> = {};
  if (encoder.kind === "convolution")
    for (const [position, dilation] of encoder.dilations.entries()) {
      const block = blocks[position];
      if (block === undefined)
        throw new ConfigError("encodeSemantic", `expected weights of block ${position}`);
      const [B = 0] = x.shape;
      const cache = options.past?.[position] ?? tf.zeros([B, cacheRows(dilation), encoder.hidden]);
      const output = causalBlock(block, rows, cache, dilation);
      rows = output.rows;
      past[position] = output.cache;
    }
  return { z: layerNorm(norm, linear(second, rows)), past };
}

function attend(
  { first, layers = {} }: SemanticParams<Tensor>,
  encoder: Extract<CmgEncoder, { kind: "attention" }>,
  x: Tensor,
  { masks, past: before, seen }: EncodeOptions,
): { readonly z: Tensor; readonly past: SemanticPast<Tensor> } {
  const [B = 0, T = 0] = x.shape;
  const { reach } = encoder;
  const kept = typeof reach === "number" && before !== undefined ? reach - 1 : 0;
  const bias = reach === "clip" ? undefined : reachBias(T, kept, reach, seen);
  let rows = linear(first, x);
  const past: Record<string, Tensor> = {};
  for (let position = 0; position < encoder.layers; position++) {
    const layer = layers[position];
    if (layer === undefined)
      throw new ConfigError("encodeSemantic", `expected weights of layer ${position}`);
    const earlier = before?.[position];
    const mask = masks?.[position];
    if (kept > 0 && earlier !== undefined) {
      const all = tf.concat([earlier, rows], 1);
      past[position] = tf.slice(all, [0, T, 0], [B, kept, rows.shape[2] ?? 0]);
    }
    rows = transformerLayer(layer, rows, {
      heads: encoder.heads,
      ...(kept > 0 && earlier !== undefined && { past: earlier }),
      ...(bias !== undefined && { bias }),
      ...(mask !== undefined && { masks: mask }),
    });
  }
  return { z: rows, past };
}

/** −1e9 where a frame lies in the future, beyond the reach, or before the stream began. */
function reachBias(T: number, kept: number, reach: number, seen: Tensor | undefined): Tensor {
  const S = kept + T;
  const blocked = Float32Array.from({ length: T * S }, (_, i) => {
    const back = kept + Math.floor(i / S) - (i % S);
    return back < 0 || back >= reach ? -1e9 : 0;
  });
  const fixed = tf.tensor(blocked, [1, 1, T, S]);
  if (seen === undefined || kept === 0) return fixed;
  const [B = 0] = seen.shape;
  const all = tf.concat([seen, tf.ones([B, T])], 1); // [B, S]
  return tf.add(fixed, tf.reshape(tf.mul(tf.sub(all, 1), 1e9), [B, 1, 1, S]));
}
