import { ShapeError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { Rng } from "../../tensor/Rng.ts";
import { type Tensor, type Tensor4D, tf } from "../../tensor/tf.ts";
import { gelu } from "../layers/gelu.ts";
import { initLinear, type LinearParams, linear } from "../layers/Linear.ts";
import { initLayerNorm, type LayerNormParams, layerNorm } from "../layers/layerNorm.ts";
import {
  type ClipEncoder,
  type EncoderConfig,
  type ImageStage,
  inputShape,
  type SeriesStage,
} from "./config.ts";
import { strided } from "./deformable/DeformableOptions.ts";
import { deformableAttention1d } from "./deformable/deformableAttention1d.ts";
import { deformableAttention2d } from "./deformable/deformableAttention2d.ts";
import { type DeformableParams, initDeformable } from "./deformable/params.ts";

type Host = HostTensor<"float32">;

/** Weights of one layer: a product or a convolution, its norm, and what may follow. */
export type StageParams<L> = {
  readonly map: LinearParams<L>;
  readonly norm: LayerNormParams<L>;
  readonly attention?: DeformableParams<L>;
};

/** Weights of an encoder, layers by position. */
export type EncoderParams<L> = {
  /** Of clips only. */
  readonly image?: { readonly [position: string]: StageParams<L> };
  readonly layers: { readonly [position: string]: StageParams<L> };
};

/** Fresh weights of an encoder. */
export function initEncoder(rng: Rng, encoder: EncoderConfig): EncoderParams<Host> {
  if (encoder.kind === "vector") {
    const widths = [encoder.size, ...encoder.widths];
    return {
      layers: byPosition(encoder.widths, (width, i) => dense(rng, widths[i] ?? 0, width)),
    };
  }
  if (encoder.kind === "series")
    return {
      layers: seriesParams(rng, encoder.stages, encoder.channels, encoder.rows),
    };
  const cells = imageSizes(encoder);
  const filters = [encoder.channels, ...encoder.image.map((stage) => stage.filters)];
  const [rows, columns] = cells.at(-1) ?? [1, 1];
  const flat = rows * columns * (filters.at(-1) ?? 1);
  const series = seriesParams(rng, encoder.stages, encoder.width, encoder.frames);
  return {
    image: byPosition(encoder.image, (stage, i) =>
      convolution(rng, stage, filters[i] ?? 1, cells[i + 1] ?? [1, 1]),
    ),
    layers: { frame: dense(rng, flat, encoder.width), ...series },
  };
}

/**
 * The feature vector f of each example.
 *
 * Every layer is normalised by itself, never over the batch: a row's features do not depend on the rows
 * beside it, in training or after.
 *
 * @param x [B, ...] as `inputShape` says.
 * @returns [B, d]
 * @throws {ShapeError} If `x` has another shape.
 */
export function encode(params: EncoderParams<Tensor>, encoder: EncoderConfig, x: Tensor): Tensor {
  const [B = 0, ...rest] = x.shape;
  const expected = inputShape(encoder);
  if (rest.join() !== expected.join())
    throw new ShapeError("decur.encode", `expected [B, ${expected}], got [${x.shape}]`);
  if (encoder.kind === "vector")
    return Object.values(params.layers).reduce((h, layer) => activate(layer, h), x);
  if (encoder.kind === "series")
    return pooled(series(params.layers, encoder.stages, x), encoder.bins);

  const { frames, rows, columns, channels } = encoder;
  let map = tf.reshape(x, [B * frames, rows, columns, channels]);
  for (const [position, stage] of encoder.image.entries())
    map = imageStage(layerAt(params.image ?? {}, position), stage, map);
  const flat = tf.reshape(map, [B * frames, -1]);
  const frame = activate(layerAt(params.layers, "frame"), flat); // [B·frames, width]
  const line = tf.reshape(frame, [B, frames, encoder.width]);
  return pooled(series(params.layers, encoder.stages, line), encoder.bins);
}

function activate({ map, norm }: StageParams<Tensor>, x: Tensor): Tensor {
  return gelu(layerNorm(norm, linear(map, x)));
}

function imageStage(params: StageParams<Tensor>, stage: ImageStage, x: Tensor): Tensor {
  const { weight, bias } = params.map;
  const seen = tf.conv2d(x as Tensor4D, weight as Tensor4D, stage.stride, (stage.kernel - 1) / 2);
  const map = gelu(layerNorm(params.norm, tf.add(seen, bias)));
  if (stage.attention === undefined || params.attention === undefined) return map;
  return tf.add(map, deformableAttention2d(params.attention, stage.attention, map).value);
}

function series(
  layers: EncoderParams<Tensor>["layers"],
  stages: readonly SeriesStage[],
  x: Tensor,
): Tensor {
  let line = x; // [B, T, C]
  for (const [position, { kernel, stride, attention }] of stages.entries()) {
    const params = layerAt(layers, position);
    const [B = 0, T = 0, C = 0] = line.shape;
    const half = (kernel - 1) / 2;
    const row = tf.reshape(line, [B, 1, T, C]) as Tensor4D;
    const seen = tf.conv2d(
      row,
      params.map.weight as Tensor4D,
      [1, stride],
      [
        [0, 0],
        [0, 0],
        [half, half],
        [0, 0],
      ],
    );
    const flat = tf.reshape(seen, [B, strided(T, stride), -1]);
    line = gelu(layerNorm(params.norm, tf.add(flat, params.map.bias)));
    if (attention !== undefined && params.attention !== undefined)
      line = tf.add(line, deformableAttention1d(params.attention, attention, line).value);
  }
  return line;
}

/** Means over `bins` equal parts of the rows, side by side: [B, T, C] to [B, bins · C]. */
function pooled(line: Tensor, bins: number): Tensor {
  const [B = 0, T = 0, C = 0] = line.shape;
  if (T % bins !== 0)
    throw new ShapeError("decur.encode", `expected rows that ${bins} bins divide, got ${T}`);
  return tf.reshape(tf.mean(tf.reshape(line, [B, bins, T / bins, C]), 2), [B, bins * C]);
}

function dense(rng: Rng, inputs: number, outputs: number): StageParams<Host> {
  return {
    map: initLinear(() => rng.uniform(), inputs, outputs, Math.SQRT2),
    norm: initLayerNorm(outputs),
  };
}

function convolution(
  rng: Rng,
  { filters, kernel, attention }: ImageStage,
  channels: number,
  cells: readonly number[],
): StageParams<Host> {
  const taps = cells.length === 1 ? [1, kernel] : [kernel, kernel];
  const { weight, bias } = initLinear(
    () => rng.uniform(),
    (taps[0] ?? 1) * kernel * channels,
    filters,
    Math.SQRT2,
  );
  const map = { weight: hostTensor(weight.data, [...taps, channels, filters]), bias };
  const norm = initLayerNorm(filters);
  if (attention === undefined) return { map, norm };
  return { map, norm, attention: initDeformable(rng, filters, cells, attention) };
}

function seriesParams(
  rng: Rng,
  stages: readonly SeriesStage[],
  channels: number,
  rows: number,
): EncoderParams<Host>["layers"] {
  let [width, length] = [channels, rows];
  return byPosition(stages, (stage) => {
    length = strided(length, stage.stride);
    const params = convolution(rng, stage, width, [length]);
    width = stage.filters;
    return params;
  });
}

/** [rows, columns] before each image stage and after the last. */
function imageSizes({ rows, columns, image }: ClipEncoder): (readonly [number, number])[] {
  const sizes: (readonly [number, number])[] = [[rows, columns]];
  for (const { stride } of image) {
    const [height, width] = sizes.at(-1) ?? [rows, columns];
    sizes.push([strided(height, stride), strided(width, stride)]);
  }
  return sizes;
}

function byPosition<T, R>(items: readonly T[], make: (item: T, position: number) => R) {
  return Object.fromEntries(
    items.map((item, position) => [String(position), make(item, position)]),
  );
}

function layerAt(
  layers: { readonly [position: string]: StageParams<Tensor> },
  position: number | string,
): StageParams<Tensor> {
  const found = layers[position];
  if (found === undefined) throw new ShapeError("decur.encode", `expected a layer ${position}`);
  return found;
}
