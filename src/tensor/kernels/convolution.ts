import { int, ints } from "../graph/attributes.ts";
import { binary } from "../graph/elementwise.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { concat, dim, pad, reshape, slice, transpose } from "../graph/layout.ts";
import { matMul } from "../graph/matMul.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import type { KernelCall, KernelTable } from "../trace/KernelCall.ts";
import { type ConvGeometry, conv2dGeometry, conv3dGeometry } from "./convGeometry.ts";
import { activate } from "./products.ts";

/**
 * Convolutions and their gradients.
 *
 * tfjs is channels-last with filters [...k, in, out], ONNX channels-first with [out, in, ...k]:
 * operands are transposed at the border, and the transposes between neighbouring kernels cancel.
 */
export const convolutionKernels: KernelTable = {
  Conv2D: (call) => {
    const geometry = conv2dGeometry(call, call.input("x").shape, call.input("filter").shape);
    return convolve(call.graph, call.input("x"), call.input("filter"), geometry);
  },
  FusedConv2D: (call) => {
    const geometry = conv2dGeometry(call, call.input("x").shape, call.input("filter").shape);
    return finishFused(call, convolve(call.graph, call.input("x"), call.input("filter"), geometry));
  },
  Conv2DBackpropInput: (call) => {
    const geometry = conv2dGeometry(call, call.numbers("inputShape"), call.input("filter").shape);
    return convolveInputGradient(call.graph, call.input("dy"), call.input("filter"), geometry);
  },
  Conv2DBackpropFilter: (call) => {
    const geometry = conv2dGeometry(call, call.input("x").shape, call.numbers("filterShape"));
    return convolveFilterGradient(call.graph, call.input("x"), call.input("dy"), geometry);
  },
  Conv3D: (call) => {
    const geometry = conv3dGeometry(call, call.input("x").shape, call.input("filter").shape);
    return convolve(call.graph, call.input("x"), call.input("filter"), geometry);
  },
  Conv3DBackpropInputV2: (call) => {
    const geometry = conv3dGeometry(call, call.numbers("inputShape"), call.input("filter").shape);
    return convolveInputGradient(call.graph, call.input("dy"), call.input("filter"), geometry);
  },
  Conv3DBackpropFilterV2: (call) => {
    const geometry = conv3dGeometry(call, call.input("x").shape, call.numbers("filterShape"));
    return convolveFilterGradient(call.graph, call.input("x"), call.input("dy"), geometry);
  },
  DepthwiseConv2dNative: (call) => depthwise(call),
  FusedDepthwiseConv2D: (call) => finishFused(call, depthwise(call)),
  DepthwiseConv2dNativeBackpropInput: (call) => {
    const { graph } = call;
    const filter = call.input("filter");
    const geometry = conv2dGeometry(call, call.numbers("inputShape"), filter.shape, "depthwise");
    const dx = depthwiseInputGradient(graph, call.input("dy"), filter, geometry);
    return fromChannelsFirst(graph, dx, geometry);
  },
  DepthwiseConv2dNativeBackpropFilter: (call) => depthwiseFilterGradient(call),
};

function convolve(
  g: GraphBuilder,
  x: GraphValue,
  filter: GraphValue,
  geometry: ConvGeometry,
): GraphValue {
  const rank = geometry.kernel.length;
  if (isPointwise(geometry)) {
    const matrix = reshape(g, filter, [geometry.inChannels, geometry.outChannels]);
    return matMul(g, x, matrix, { transposeA: false, transposeB: false });
  }
  const input = toChannelsFirst(g, x, geometry);
  const weights = transpose(g, filter, [rank + 1, rank, ...spatialAxes(rank, 0)]); // [O, C, ...k]
  const shape = [geometry.batch, geometry.outChannels, ...geometry.outSize];
  const output = g.node(
    "Conv",
    [input, weights],
    { shape, type: "float32" },
    convAttributes(geometry, 1),
  );
  return fromChannelsFirst(g, output, geometry);
}

function convolveInputGradient(
  g: GraphBuilder,
  dy: GraphValue,
  filter: GraphValue,
  geometry: ConvGeometry,
): GraphValue {
  const rank = geometry.kernel.length;
  if (isPointwise(geometry)) {
    const matrix = reshape(g, filter, [geometry.inChannels, geometry.outChannels]);
    return matMul(g, dy, matrix, { transposeA: false, transposeB: true });
  }
  const weights = transpose(g, filter, [rank + 1, rank, ...spatialAxes(rank, 0)]); // [O, C, ...k]
  const dx = spread(g, toChannelsFirst(g, dy, geometry), weights, geometry, 1);
  return fromChannelsFirst(g, dx, geometry);
}

/** From this many input channels on, a product per tap beats one convolution with a huge kernel. */
const TAP_CHANNELS = 8;

/** dW is the convolution of xᵀ with dyᵀ: channels play the batch, strides and dilations swap. */
function convolveFilterGradient(
  g: GraphBuilder,
  x: GraphValue,
  dy: GraphValue,
  geometry: ConvGeometry,
): GraphValue {
  if (geometry.isChannelsLast && geometry.inChannels >= TAP_CHANNELS)
    return tapFilterGradient(g, x, dy, geometry);
  const rank = geometry.kernel.length;
  const input = channelsToBatch(g, x, geometry); // [C, N, ...in]
  const weights = channelsToBatch(g, dy, geometry); // [O, N, ...out]
  const full = filterGradientSize(geometry);
  const shape = [geometry.inChannels, geometry.outChannels, ...full];
  const gradient = g.node(
    "Conv",
    [input, weights],
    { shape, type: "float32" },
    swappedAttributes(geometry, 1),
  );
  const cut = cutKernel(g, gradient, geometry);
  return transpose(g, cut, [...spatialAxes(rank, 2), 0, 1]);
}

/** dW tap by tap: the inputs a tap saw, as rows, times the rows of dy. */
function tapFilterGradient(
  g: GraphBuilder,
  x: GraphValue,
  dy: GraphValue,
  {
    batch,
    inChannels,
    outChannels,
    outSize,
    kernel,
    strides,
    dilations,
    padBegin,
    padEnd,
  }: ConvGeometry,
): GraphValue {
  const rows = batch * sizeOfShape(outSize);
  const padded = pad(g, x, [
    [0, 0],
    ...padBegin.map((before, i): [number, number] => [before, padEnd[i] ?? 0]),
    [0, 0],
  ]);
  const gradients = reshape(g, dy, [rows, outChannels]);
  const taps = Array.from({ length: sizeOfShape(kernel) }, (_, tap) => {
    let rest = tap;
    const offsets = [...kernel].reverse().map((size, i) => {
      const offset = rest % size;
      rest = (rest - offset) / size;
      return offset * (dilations[kernel.length - 1 - i] ?? 1);
    });
    const view = slice(
      g,
      padded,
      [0, ...offsets.reverse(), 0],
      [batch, ...outSize, inChannels],
      [1, ...strides, 1],
    );
    const seen = reshape(g, view, [rows, inChannels]);
    return matMul(g, seen, gradients, { transposeA: true, transposeB: false }); // [C, O]
  });
  return reshape(g, concat(g, taps, 0), [...kernel, inChannels, outChannels]);
}

/** Whether a convolution reads every pixel once, by itself: then it is a matrix product. */
function isPointwise({ kernel, strides, padBegin, padEnd, isChannelsLast }: ConvGeometry): boolean {
  return (
    isChannelsLast &&
    [...kernel, ...strides].every((size) => size === 1) &&
    [...padBegin, ...padEnd].every((size) => size === 0)
  );
}

function depthwise(call: KernelCall): GraphValue {
  const { graph } = call;
  const [x, filter] = [call.input("x"), call.input("filter")];
  const geometry = conv2dGeometry(call, x.shape, filter.shape, "depthwise");
  const shape = [geometry.batch, geometry.outChannels, ...geometry.outSize];
  const output = graph.node(
    "Conv",
    [toChannelsFirst(graph, x, geometry), depthwiseWeights(graph, filter, geometry)],
    { shape, type: "float32" },
    convAttributes(geometry, geometry.inChannels),
  );
  return fromChannelsFirst(graph, output, geometry);
}

/**
 * One transposed convolution per channel multiplier, summed: ORT's WebGPU device gives wrong numbers
 * for a grouped one with several channels in a group.
 */
function depthwiseInputGradient(
  g: GraphBuilder,
  dy: GraphValue,
  filter: GraphValue,
  geometry: ConvGeometry,
): GraphValue {
  const { batch, inChannels, outChannels, outSize, kernel } = geometry;
  const multiplier = outChannels / inChannels;
  const perChannel = reshape(g, toChannelsFirst(g, dy, geometry), [
    batch,
    inChannels,
    multiplier,
    ...outSize,
  ]);
  const parts = Array.from({ length: multiplier }, (_, m) => {
    const share = slice(g, perChannel, [0, 0, m, 0, 0], [batch, inChannels, 1, ...outSize]);
    const taps = slice(g, filter, [0, 0, 0, m], [...kernel, inChannels, 1]);
    const weights = depthwiseWeights(g, taps, { ...geometry, outChannels: inChannels });
    return spread(
      g,
      reshape(g, share, [batch, inChannels, ...outSize]),
      weights,
      geometry,
      inChannels,
    );
  });
  return parts.reduce((sum, part) => binary(g, "Add", sum, part));
}

function depthwiseFilterGradient(call: KernelCall): GraphValue {
  const { graph } = call;
  const [x, dy] = [call.input("x"), call.input("dy")];
  const filterShape = call.numbers("filterShape");
  const geometry = conv2dGeometry(call, x.shape, filterShape, "depthwise");
  const { batch, inChannels, outChannels, inSize, kernel } = geometry;
  const input = reshape(graph, channelsToBatch(graph, x, geometry), [
    1,
    inChannels * batch,
    ...inSize,
  ]);
  const weights = channelsToBatch(graph, dy, geometry); // [C·m, N, ...out]
  const shape = [1, outChannels, ...filterGradientSize(geometry)];
  const gradient = graph.node(
    "Conv",
    [input, weights],
    { shape, type: "float32" },
    swappedAttributes(geometry, inChannels),
  );
  const cut = cutKernel(graph, gradient, geometry); // [1, C·m, ...k]
  const split = reshape(graph, cut, [inChannels, outChannels / inChannels, ...kernel]);
  return transpose(graph, split, [...spatialAxes(kernel.length, 2), 0, 1]);
}

/** [...k, C, m] as ONNX's grouped weights [C·m, 1, ...k]. */
function depthwiseWeights(g: GraphBuilder, filter: GraphValue, geometry: ConvGeometry): GraphValue {
  const rank = geometry.kernel.length;
  const perChannel = transpose(g, filter, [rank, rank + 1, ...spatialAxes(rank, 0)]);
  return reshape(g, perChannel, [geometry.outChannels, 1, ...geometry.kernel]);
}

/** Spreads each output over the inputs it came from: a transposed convolution cut to the input size. */
export function spread(
  g: GraphBuilder,
  dy: GraphValue,
  weights: GraphValue,
  geometry: ConvGeometry,
  group: number,
): GraphValue {
  const { kernel, strides, dilations, padBegin, padEnd, inSize, outSize } = geometry;
  const covered = outSize.map((size, i) => {
    const reach = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1;
    return (size - 1) * (strides[i] ?? 1) + reach - (padBegin[i] ?? 0) - (padEnd[i] ?? 0);
  });
  // Rows that the stride left unread at the end get no share, but they are part of the input.
  const unread = inSize.map((size, i) => size - (covered[i] ?? 0));
  const shape = [dim(dy, 0), dim(weights, 1) * group, ...inSize];
  return g.node(
    "ConvTranspose",
    [dy, weights],
    { shape, type: "float32" },
    {
      ...convAttributes(geometry, group),
      output_padding: ints(unread),
    },
  );
}

function convAttributes(geometry: ConvGeometry, group: number) {
  return {
    kernel_shape: ints(geometry.kernel),
    strides: ints(geometry.strides),
    dilations: ints(geometry.dilations),
    pads: ints([...geometry.padBegin, ...geometry.padEnd]),
    group: int(group),
  };
}

function swappedAttributes(geometry: ConvGeometry, group: number) {
  return {
    kernel_shape: ints(geometry.outSize),
    strides: ints(geometry.dilations),
    dilations: ints(geometry.strides),
    pads: ints([...geometry.padBegin, ...geometry.padEnd]),
    group: int(group),
  };
}

/** Size of the swapped convolution: the kernel, and more where the stride left input rows unread. */
function filterGradientSize({
  inSize,
  outSize,
  strides,
  dilations,
  padBegin,
  padEnd,
}: ConvGeometry): number[] {
  return inSize.map((size, i) => {
    const reach = ((outSize[i] ?? 1) - 1) * (strides[i] ?? 1) + 1;
    const room = size + (padBegin[i] ?? 0) + (padEnd[i] ?? 0) - reach;
    return Math.floor(room / (dilations[i] ?? 1)) + 1;
  });
}

function cutKernel(g: GraphBuilder, gradient: GraphValue, { kernel }: ConvGeometry): GraphValue {
  const size = [...gradient.shape.slice(0, 2), ...kernel];
  return slice(
    g,
    gradient,
    size.map(() => 0),
    size,
  );
}

function spatialAxes(rank: number, from: number): number[] {
  return Array.from({ length: rank }, (_, i) => from + i);
}

/** [N, ...s, C] to [N, C, ...s]; already there when the program asked for channels first. */
export function toChannelsFirst(
  g: GraphBuilder,
  x: GraphValue,
  { isChannelsLast, kernel }: ConvGeometry,
): GraphValue {
  const rank = kernel.length;
  return isChannelsLast ? transpose(g, x, [0, rank + 1, ...spatialAxes(rank, 1)]) : x;
}

/** [N, C, ...s] to the layout of the program. */
export function fromChannelsFirst(
  g: GraphBuilder,
  x: GraphValue,
  { isChannelsLast, kernel }: ConvGeometry,
): GraphValue {
  const rank = kernel.length;
  return isChannelsLast ? transpose(g, x, [0, ...spatialAxes(rank, 2), 1]) : x;
}

function channelsToBatch(
  g: GraphBuilder,
  x: GraphValue,
  { isChannelsLast, kernel }: ConvGeometry,
): GraphValue {
  const rank = kernel.length;
  return transpose(
    g,
    x,
    isChannelsLast ? [rank + 1, 0, ...spatialAxes(rank, 1)] : [1, 0, ...spatialAxes(rank, 2)],
  );
}

function finishFused(call: KernelCall, output: GraphValue): GraphValue {
  const bias = call.optional("bias");
  if (bias === undefined) return activate(call, output);
  const isFirst = call.text("dataFormat", "NHWC") === "NCHW" && bias.shape.length === 1;
  const shaped = isFirst ? reshape(call.graph, bias, [sizeOfShape(bias.shape), 1, 1]) : bias;
  return activate(call, binary(call.graph, "Add", output, shaped));
}
