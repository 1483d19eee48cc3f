import { ShapeError } from "../../errors.ts";
import { gelu } from "../../tensor/ops/gelu.ts";
import { layerNorm } from "../../tensor/ops/layerNorm.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { linear } from "../layers/Linear.ts";
import { attend, joinHeads, splitHeads } from "./attention.ts";
import { type ImlConfig, modalityOf, targetSizeOf, tokensOf } from "./config.ts";
import type { BlockParams, ImlParams } from "./params.ts";

/** Of the decoders' norms, as in MultiMAE; smaller than the encoder's. */
const EPSILON = 1e-6;

/**
 * One modality's patches from the fusion tokens alone: a linear layer, the learned task vector, a few
 * standard transformer blocks, a linear layer. Shallow, so that the encoder does the work.
 *
 * @param fusion [B, N, D] of `encode`.
 * @returns [B, T, target]: patches as `patchify` cuts them, or logits per class of each.
 * @throws {ConfigError} If the network has no such modality.
 */
export function decode(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  fusion: Tensor,
  name: string,
): Tensor {
  const { adapter } = modalityOf(config, name);
  const decoder = params.decoders[name];
  if (decoder === undefined)
    throw new ShapeError("decode", `expected weights of a decoder for ${name}`);
  const [B = 0] = fusion.shape;
  let rows = tf.add(linear(decoder.enter, fusion), decoder.task); // [B, N, width]
  for (let position = 0; position < config.decoder.layers; position++) {
    const block = decoder.blocks[position];
    if (block === undefined)
      throw new ShapeError("decode", `expected weights of block ${position}`);
    rows = transformerBlock(block, rows, config.decoder.heads);
  }
  return tf.reshape(linear(decoder.leave, rows), [B, tokensOf(adapter), targetSizeOf(adapter)]);
}

/** x ← x + MHA(LN(x)), x ← x + MLP(LN(x)): a pre-norm block with biases everywhere. */
function transformerBlock(params: BlockParams<Tensor>, x: Tensor, heads: number): Tensor {
  const { attentionNorm, mlpNorm } = params;
  const normal = layerNorm(x, {
    gain: attentionNorm.gain,
    bias: attentionNorm.offset,
    epsilon: EPSILON,
  });
  const read = attend(
    splitHeads(linear(params.query, normal), heads),
    splitHeads(linear(params.key, normal), heads),
    splitHeads(linear(params.value, normal), heads),
  );
  const attended = tf.add(x, linear(params.out, joinHeads(read)));
  const inner = layerNorm(attended, { gain: mlpNorm.gain, bias: mlpNorm.offset, epsilon: EPSILON });
  return tf.add(attended, linear(params.down, gelu(linear(params.up, inner))));
}
