import { ConfigError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { sizeOfShape } from "../../tensor/TensorSpec.ts";
import { type Tensor, type Tensor4D, tf } from "../../tensor/tf.ts";
import { gelu } from "../layers/gelu.ts";
import { initLinear, type LinearParams, linear } from "../layers/Linear.ts";
import { initLayerNorm, type LayerNormParams, layerNorm } from "../layers/layerNorm.ts";
import type { Uniform } from "../layers/Uniform.ts";
import type { EncoderConfig, LayerConfig, MlaConfig } from "./config.ts";
import { seriesFold } from "./seriesFold.ts";

type Host = HostTensor<"float32">;

/** Weights of a layer that has any: its map (of a `picture` layer [k, k, in, out]) and its norm. */
export type LayerParams<L> = { readonly map: LinearParams<L>; readonly norm: LayerNormParams<L> };

/**
 * Weights of one modality's encoder, by position of the layer: "0", "1", …, and last `features`, the
 * map to the s features. Layers without weights are left out.
 */
export type EncoderParams<L> = { readonly [layer: string]: LayerParams<L> };

/** Weights of a model: one encoder per modality, one linear head [s, C] for all. */
export type MlaParams<L> = {
  readonly encoders: { readonly [modality: string]: EncoderParams<L> };
  readonly head: LinearParams<L>;
};

/**
 * Fresh weights of a model.
 *
 * @throws {ConfigError} If an encoder's layers do not fit each other.
 */
export function initMla(config: MlaConfig, uniform: Uniform): MlaParams<Host> {
  return {
    encoders: Object.fromEntries(
      Object.entries(config.modalities).map(([name, encoder]) => [
        name,
        initEncoder(encoder, config.width, uniform),
      ]),
    ),
    head: initLinear(uniform, config.width, config.classes),
  };
}

/**
 * Fresh weights of one encoder.
 *
 * @throws {ConfigError} If a layer does not fit what comes before it, or more than one axis is left.
 */
export function initEncoder(
  config: EncoderConfig,
  width: number,
  uniform: Uniform,
): EncoderParams<Host> {
  let shape = config.input;
  const layers: Record<string, LayerParams<Host>> = {};
  config.layers.forEach((layer, position) => {
    const next = shapeAfter(layer, shape);
    const weights = initLayer(layer, shape, uniform);
    if (weights !== undefined) layers[String(position)] = weights;
    shape = next;
  });
  if (shape.length !== 1)
    throw new ConfigError(
      "initEncoder",
      `expected layers that leave one axis of [${config.input}], got [${shape}]`,
    );
  layers["features"] = {
    map: initLinear(uniform, shape[0] ?? 0, width, Math.SQRT2),
    norm: initLayerNorm(width),
  };
  return layers;
}

/**
 * h = GELU(LN(W · layers(x) + b)).
 *
 * GELU, not ReLU: with ReLU a weak modality's features die under a shared head.
 *
 * @param x [B, ...input]
 * @returns [B, s]
 */
export function encode(config: EncoderConfig, params: EncoderParams<Tensor>, x: Tensor): Tensor {
  let value = x;
  config.layers.forEach((layer, position) => {
    value = applyLayer(layer, params[String(position)], value);
  });
  return applyDense(weightsOf(params["features"], "features"), value);
}

/** Shape of one example after a layer. */
function shapeAfter(layer: LayerConfig, shape: readonly number[]): readonly number[] {
  const refuse = (what: string): never => {
    throw new ConfigError("initEncoder", `layer ${layer.kind} expected ${what}, got [${shape}]`);
  };
  const [third = 0, second = 0, last = 0] = [shape.at(-3), shape.at(-2), shape.at(-1)];
  switch (layer.kind) {
    case "picture":
      if (shape.length < 3) refuse("[..., rows, columns, channels]");
      return [
        ...shape.slice(0, -3),
        Math.ceil(third / layer.stride),
        Math.ceil(second / layer.stride),
        layer.filters,
      ];
    case "dense":
      return [...shape.slice(0, -1), layer.width];
    case "series":
      if (shape.length !== 2 || second % layer.stride !== 0 || layer.taps % 2 !== 1)
        refuse(`an odd number of taps and [a multiple of ${layer.stride}, channels]`);
      return [second / layer.stride, layer.width];
    case "flatten":
      if (shape.length < layer.axes) refuse(`${layer.axes} axes`);
      return [...shape.slice(0, -layer.axes), sizeOfShape(shape.slice(-layer.axes))];
    case "mean":
      if (shape.length < 2) refuse("two axes");
      return [...shape.slice(0, -2), last];
  }
}

function initLayer(
  layer: LayerConfig,
  shape: readonly number[],
  uniform: Uniform,
): LayerParams<Host> | undefined {
  const channels = shape.at(-1) ?? 0;
  const fresh = (inputs: number, outputs: number): LayerParams<Host> => ({
    map: initLinear(uniform, inputs, outputs, Math.SQRT2),
    norm: initLayerNorm(outputs),
  });
  switch (layer.kind) {
    case "picture": {
      const { kernel, filters } = layer;
      const { map, norm } = fresh(kernel * kernel * channels, filters);
      const weight = hostTensor(map.weight.data, [kernel, kernel, channels, filters]);
      return { map: { weight, bias: map.bias }, norm };
    }
    case "dense":
      return fresh(channels, layer.width);
    case "series":
      return fresh(layer.taps * layer.stride * channels, layer.width);
    case "flatten":
    case "mean":
      return undefined;
  }
}

/** x [B, ...shape] to [B, ...shapeAfter]. */
function applyLayer(
  layer: LayerConfig,
  params: LayerParams<Tensor> | undefined,
  x: Tensor,
): Tensor {
  if (layer.kind === "mean") return tf.mean(x, -2);
  if (layer.kind === "flatten") return tf.reshape(x, [...x.shape.slice(0, -layer.axes), -1]);
  const weights = weightsOf(params, layer.kind);
  if (layer.kind === "dense") return applyDense(weights, x);
  if (layer.kind === "series") return applyDense(weights, seriesFold(x, layer.stride, layer.taps));
  const leading = x.shape.slice(0, -3);
  const [third = 0, second = 0, last = 0] = x.shape.slice(-3);
  const pictures = tf.reshape(x, [-1, third, second, last]) as Tensor4D;
  const { weight, bias } = weights.map;
  const y = tf.add(tf.conv2d(pictures, weight as Tensor4D, layer.stride, "same"), bias);
  return activate(weights, tf.reshape(y, [...leading, ...y.shape.slice(1)]));
}

function applyDense(weights: LayerParams<Tensor>, x: Tensor): Tensor {
  return activate(weights, linear(weights.map, x));
}

function weightsOf(params: LayerParams<Tensor> | undefined, layer: string): LayerParams<Tensor> {
  if (params === undefined)
    throw new ConfigError("encode", `expected weights for a ${layer} layer, got none`);
  return params;
}

function activate({ norm }: LayerParams<Tensor>, x: Tensor): Tensor {
  return gelu(layerNorm(norm, x));
}
