import { ShapeError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { layerNorm } from "../../tensor/ops/layerNorm.ts";
import { sizeOfShape } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { type BatchNormStatistics, batchNorm, initBatchNorm } from "../layers/batchNorm.ts";
import { convolve } from "../layers/convolve.ts";
import { gelu } from "../layers/gelu.ts";
import { groupNorm } from "../layers/groupNorm.ts";
import { swish } from "../layers/swish.ts";
import type { Uniform } from "../layers/Uniform.ts";
import {
  type Activation,
  type ConvLayer,
  type DenseLayer,
  layerShapes,
  type ModalityConfig,
} from "./config.ts";

/** Weights of one layer: `weight`, and `bias`, `gain`, `offset` where the layer has them. */
export type LayerParams<L> = { readonly [name: string]: L };

/** Weights of a feature stack, by the position of the layer; layers without weights are left out. */
export type StackParams<L> = { readonly [position: string]: LayerParams<L> };

/** Running statistics of a stack's batch normalisations, by the position of the layer. */
export type StackStatistics<L> = { readonly [position: string]: BatchNormStatistics<L> };

/** Whether statistics are the batch's own, and moved, or the running ones. */
export type Mode = "training" | "inference";

/** What a stack gives. */
export interface StackOutput {
  /** [B, features] */
  readonly features: Tensor;
  readonly statistics: StackStatistics<Tensor>;
}

/**
 * Fresh weights of a stack: uniform in ±1/√fan-in, biases too, as PyTorch draws them by default and the
 * released code leaves them.
 */
export function initStack(
  uniform: Uniform,
  modality: ModalityConfig,
): StackParams<HostTensor<"float32">> {
  const shapes = layerShapes(modality);
  const params: Record<string, LayerParams<HostTensor<"float32">>> = {};
  for (const [position, layer] of modality.layers.entries()) {
    if (layer.kind === "frames" || layer.kind === "mean") continue;
    const shape = shapes[position] ?? [];
    const out = layer.kind === "conv" ? layer.channels : layer.width;
    const kernel =
      layer.kind === "conv" ? [...layer.kernel, shape.at(-1) ?? 0] : [sizeOfShape(shape)];
    const fanIn = sizeOfShape(kernel);
    const hasBias = layer.kind === "dense" || layer.bias === true;
    const normalization = layer.normalization ?? "none";
    params[String(position)] = {
      weight: drawUniform(uniform, [...kernel, out], fanIn),
      ...(hasBias && { bias: drawUniform(uniform, [out], fanIn) }),
      ...(normalization !== "none" && {
        gain: hostTensor(new Float32Array(out).fill(1), [out]),
        offset: hostTensor(new Float32Array(out), [out]),
      }),
    };
  }
  return params;
}

/** Statistics of a stack that has seen nothing; empty where it has no batch normalisation. */
export function initStatistics(modality: ModalityConfig): StackStatistics<HostTensor<"float32">> {
  const statistics: Record<string, BatchNormStatistics<HostTensor<"float32">>> = {};
  for (const [position, layer] of modality.layers.entries())
    if ((layer.kind === "conv" || layer.kind === "dense") && layer.normalization === "batch")
      statistics[String(position)] = initBatchNorm(
        layer.kind === "conv" ? layer.channels : layer.width,
      );
  return statistics;
}

/**
 * Features of one modality.
 *
 * @param x [B, ...modality.shape]
 * @throws {ShapeError} If x has another shape, or weights or statistics of a layer are missing.
 */
export function applyStack(
  modality: ModalityConfig,
  params: StackParams<Tensor>,
  statistics: StackStatistics<Tensor>,
  x: Tensor,
  mode: Mode,
): StackOutput {
  if (x.shape.slice(1).join() !== modality.shape.join())
    throw new ShapeError(
      `modality ${modality.name}`,
      `expected [B, ${modality.shape}], got [${x.shape}]`,
    );
  const [B = 0] = x.shape;
  const shapes = layerShapes(modality);
  const next: Record<string, BatchNormStatistics<Tensor>> = {};
  let y = x;
  for (const [position, layer] of modality.layers.entries()) {
    const shape = [B, ...(shapes[position + 1] ?? [])];
    if (layer.kind === "frames") y = tf.reshape(y, shape);
    else if (layer.kind === "mean") y = tf.mean(tf.reshape(y, [B, -1, shape.at(-1) ?? 0]), 1);
    else {
      const weights = params[String(position)];
      if (weights === undefined)
        throw new ShapeError(`modality ${modality.name}`, `expected weights of layer ${position}`);
      const where = `modality ${modality.name}, layer ${position}`;
      y = tf.reshape(multiply(layer, y, at(weights, "weight", where)), shape);
      const { bias } = weights;
      if (bias !== undefined) y = tf.add(y, bias);
      const normalization = layer.normalization ?? "none";
      if (normalization !== "none") {
        const [gain, offset] = [at(weights, "gain", where), at(weights, "offset", where)];
        if (normalization === "batch") {
          const known = statistics[String(position)];
          if (known === undefined) throw new ShapeError(where, "expected running statistics");
          const output = batchNorm(y, gain, offset, known, mode);
          y = output.y;
          next[String(position)] = output.statistics;
        } else if (normalization === "layer") y = layerNorm(y, { gain, bias: offset });
        else y = groupNorm(y, gain, offset, Number(normalization.slice("group:".length)));
      }
      y = activate(layer.activation, y);
    }
  }
  return { features: tf.reshape(y, [B, -1]), statistics: next };
}

/** An activation by its name. */
export function activate(activation: Activation, x: Tensor): Tensor {
  if (activation === "relu") return tf.relu(x);
  if (activation === "swish") return swish(x);
  return activation === "gelu" ? gelu(x) : x;
}

/** Uniform in ±1/√fan-in. */
export function drawUniform(
  uniform: Uniform,
  shape: readonly number[],
  fanIn: number,
): HostTensor<"float32"> {
  const bound = 1 / Math.sqrt(fanIn);
  const data = Float32Array.from({ length: sizeOfShape(shape) }, () => (2 * uniform() - 1) * bound);
  return hostTensor(data, shape);
}

function multiply(layer: ConvLayer | DenseLayer, x: Tensor, weight: Tensor): Tensor {
  if (layer.kind === "dense") return tf.matMul(tf.reshape(x, [-1, weight.shape[0] ?? 0]), weight);
  // The pictures of a film are convolved as so many examples.
  return convolve(tf.reshape(x, [-1, ...x.shape.slice(-3)]), weight, layer);
}

function at(params: LayerParams<Tensor>, name: string, where: string): Tensor {
  const tensor = params[name];
  if (tensor === undefined) throw new ShapeError(where, `expected weights "${name}"`);
  return tensor;
}
