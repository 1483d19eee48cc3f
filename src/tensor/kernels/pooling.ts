import { int, ints, text } from "../graph/attributes.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { reshape } from "../graph/layout.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import type { KernelTable } from "../trace/KernelCall.ts";
import { type ConvGeometry, pool2dGeometry, pool3dGeometry } from "./convGeometry.ts";
import { fromChannelsFirst, spread, toChannelsFirst } from "./convolution.ts";

/** Average and maximum pooling with their gradients, 2-D and 3-D. */
export const poolingKernels: KernelTable = {
  AvgPool: (call) =>
    averagePool(call.graph, call.input("x"), pool2dGeometry(call, call.input("x").shape)),
  AvgPool3D: (call) =>
    averagePool(call.graph, call.input("x"), pool3dGeometry(call, call.input("x").shape)),
  AvgPoolGrad: (call) =>
    averagePoolGradient(
      call.graph,
      call.input("dy"),
      pool2dGeometry(call, call.input("input").shape),
    ),
  AvgPool3DGrad: (call) =>
    averagePoolGradient(
      call.graph,
      call.input("dy"),
      pool3dGeometry(call, call.input("input").shape),
    ),
  MaxPool: (call) => {
    const geometry = pool2dGeometry(call, call.input("x").shape);
    return fromChannelsFirst(
      call.graph,
      maxPool(call.graph, call.input("x"), geometry).values,
      geometry,
    );
  },
  MaxPool3D: (call) => {
    const geometry = pool3dGeometry(call, call.input("x").shape);
    return fromChannelsFirst(
      call.graph,
      maxPool(call.graph, call.input("x"), geometry).values,
      geometry,
    );
  },
  MaxPoolGrad: (call) =>
    maxPoolGradient(
      call.graph,
      call.input("dy"),
      call.input("input"),
      pool2dGeometry(call, call.input("input").shape),
    ),
  MaxPool3DGrad: (call) =>
    maxPoolGradient(
      call.graph,
      call.input("dy"),
      call.input("input"),
      pool3dGeometry(call, call.input("input").shape),
    ),
};

function poolAttributes(geometry: ConvGeometry) {
  return {
    kernel_shape: ints(geometry.kernel),
    strides: ints(geometry.strides),
    pads: ints([...geometry.padBegin, ...geometry.padEnd]),
  };
}

function pooledShape(geometry: ConvGeometry): number[] {
  return [geometry.batch, geometry.inChannels, ...geometry.outSize];
}

function averagePool(g: GraphBuilder, x: GraphValue, geometry: ConvGeometry): GraphValue {
  const pooled = g.node(
    "AveragePool",
    [toChannelsFirst(g, x, geometry)],
    { shape: pooledShape(geometry), type: "float32" },
    { ...poolAttributes(geometry), count_include_pad: int(0) },
  );
  return fromChannelsFirst(g, pooled, geometry);
}

/**
 * Spreads each dy evenly over its full window, as tfjs defines the kernel; the registered gradient
 * of AvgPool makes up for windows that reach into the padding.
 */
function averagePoolGradient(g: GraphBuilder, dy: GraphValue, geometry: ConvGeometry): GraphValue {
  const { batch, inChannels, inSize, outSize, kernel } = geometry;
  const planes = reshape(g, toChannelsFirst(g, dy, geometry), [batch * inChannels, 1, ...outSize]);
  const share = g.splat(1 / sizeOfShape(kernel), [1, 1, ...kernel], "float32");
  const dx = reshape(g, spread(g, planes, share, geometry, 1), [batch, inChannels, ...inSize]);
  return fromChannelsFirst(g, dx, geometry);
}

function maxPool(
  g: GraphBuilder,
  x: GraphValue,
  geometry: ConvGeometry,
): { readonly values: GraphValue; readonly indices: GraphValue } {
  const shape = pooledShape(geometry);
  const [values, indices] = g.nodes(
    "MaxPool",
    [toChannelsFirst(g, x, geometry)],
    [
      { shape, type: "float32" },
      { shape, type: "int64" },
    ],
    poolAttributes(geometry),
  );
  if (values === undefined || indices === undefined)
    throw new RangeError("MaxPool: expected two outputs");
  return { values, indices };
}

/** Sends each dy to the input that won, by the flat positions ONNX's MaxPool gives beside its maxima. */
function maxPoolGradient(
  g: GraphBuilder,
  dy: GraphValue,
  x: GraphValue,
  geometry: ConvGeometry,
): GraphValue {
  const { indices } = maxPool(g, x, geometry);
  const inShape = [geometry.batch, geometry.inChannels, ...geometry.inSize];
  const size = sizeOfShape(inShape);
  const count = sizeOfShape(indices.shape);
  const scattered = g.node(
    "ScatterElements",
    [
      g.splat(0, [size], "float32"),
      reshape(g, indices, [count]),
      reshape(g, toChannelsFirst(g, dy, geometry), [count]),
    ],
    { shape: [size], type: "float32" },
    { axis: int(0), reduction: text("add") },
  );
  return fromChannelsFirst(g, reshape(g, scattered, inShape), geometry);
}
