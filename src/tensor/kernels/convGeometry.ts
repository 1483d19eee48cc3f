import { ConfigError } from "../../errors.ts";
import { tf } from "../tf.ts";
import type { KernelCall } from "../trace/KernelCall.ts";

/** Sizes and paddings of one convolution or pooling, any number of spatial axes. */
export interface ConvGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inSize: readonly number[];
  readonly outSize: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padBegin: readonly number[];
  readonly padEnd: readonly number[];
  readonly isChannelsLast: boolean;
}

/** Geometry of a 2-D convolution as tfjs computes it, so that "same" pads on the same side. */
export function conv2dGeometry(
  call: KernelCall,
  inputShape: readonly number[],
  filterShape: readonly number[],
  kind: "full" | "depthwise" = "full",
): ConvGeometry {
  const isChannelsLast = call.text("dataFormat", "NHWC") === "NHWC";
  const info = tf.backend_util.computeConv2DInfo(
    four(inputShape, call),
    four(filterShape, call),
    pair(call.numbers("strides")),
    pair(call.numbers("dilations", [1, 1])),
    padOf(call),
    roundingOf(call),
    kind === "depthwise",
    isChannelsLast ? "channelsLast" : "channelsFirst",
  );
  return fromInfo2d(info, isChannelsLast);
}

/** Geometry of a 2-D pooling. */
export function pool2dGeometry(call: KernelCall, inputShape: readonly number[]): ConvGeometry {
  const info = tf.backend_util.computePool2DInfo(
    four(inputShape, call),
    pair(call.numbers("filterSize")),
    pair(call.numbers("strides")),
    1,
    padOf(call),
    roundingOf(call),
  );
  return fromInfo2d(info, true);
}

/** Geometry of a 3-D convolution, channels last. */
export function conv3dGeometry(
  call: KernelCall,
  inputShape: readonly number[],
  filterShape: readonly number[],
): ConvGeometry {
  const info = tf.backend_util.computeConv3DInfo(
    five(inputShape, call),
    five(filterShape, call),
    triple(call.numbers("strides")),
    triple(call.numbers("dilations", [1, 1, 1])),
    samePad(call),
  );
  return fromInfo3d(info);
}

/** Geometry of a 3-D pooling, channels last. */
export function pool3dGeometry(call: KernelCall, inputShape: readonly number[]): ConvGeometry {
  const info = tf.backend_util.computePool3DInfo(
    five(inputShape, call),
    triple(call.numbers("filterSize")),
    triple(call.numbers("strides")),
    1,
    samePad(call),
    roundingOf(call),
  );
  return fromInfo3d(info);
}

type Conv2dInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Conv3dInfo = ReturnType<typeof tf.backend_util.computeConv3DInfo>;

function fromInfo2d(info: Conv2dInfo, isChannelsLast: boolean): ConvGeometry {
  return withRoom({
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    inSize: [info.inHeight, info.inWidth],
    outSize: [info.outHeight, info.outWidth],
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    padBegin: [info.padInfo.top, info.padInfo.left],
    padEnd: [info.padInfo.bottom, info.padInfo.right],
    isChannelsLast,
  });
}

function fromInfo3d(info: Conv3dInfo): ConvGeometry {
  return withRoom({
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    inSize: [info.inDepth, info.inHeight, info.inWidth],
    outSize: [info.outDepth, info.outHeight, info.outWidth],
    kernel: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    padBegin: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
    padEnd: [info.padInfo.back, info.padInfo.bottom, info.padInfo.right],
    isChannelsLast: true,
  });
}

// With sizes rounded up the last windows reach past the padding. tfjs skips what is not there; ONNX
// rounds down, unless the padding at the end covers the reach.
function withRoom(geometry: ConvGeometry): ConvGeometry {
  const { outSize, inSize, kernel, strides, dilations, padBegin, padEnd } = geometry;
  return {
    ...geometry,
    padEnd: padEnd.map((after, i) => {
      const reach = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1;
      const end = ((outSize[i] ?? 1) - 1) * (strides[i] ?? 1) + reach;
      return Math.max(after, end - (inSize[i] ?? 0) - (padBegin[i] ?? 0));
    }),
  };
}

type Explicit = [[number, number], [number, number], [number, number], [number, number]];

function padOf(call: KernelCall): "same" | "valid" | number | Explicit {
  const pad = call.attribute("pad");
  if (pad === "same" || pad === "valid" || typeof pad === "number") return pad;
  if (Array.isArray(pad) && pad.length === 4) {
    const [a, b, c, d] = pad.map((side: unknown) => pair(Array.isArray(side) ? side : []));
    if (a !== undefined && b !== undefined && c !== undefined && d !== undefined)
      return [a, b, c, d];
  }
  throw new ConfigError(
    call.kernel,
    `pad must be "same", "valid", a number or pairs, got ${String(pad)}`,
  );
}

function samePad(call: KernelCall): "same" | "valid" {
  const pad = call.attribute("pad");
  if (pad === "same" || pad === "valid") return pad;
  throw new ConfigError(call.kernel, `pad must be "same" or "valid", got ${String(pad)}`);
}

function roundingOf(call: KernelCall): "floor" | "round" | "ceil" | undefined {
  const mode = call.attribute("dimRoundingMode");
  return mode === "floor" || mode === "round" || mode === "ceil" ? mode : undefined;
}

function pair(values: readonly number[]): [number, number] {
  return [values[0] ?? 1, values[1] ?? values[0] ?? 1];
}

function triple(values: readonly number[]): [number, number, number] {
  return [values[0] ?? 1, values[1] ?? values[0] ?? 1, values[2] ?? values[0] ?? 1];
}

function four(shape: readonly number[], call: KernelCall): [number, number, number, number] {
  const [a, b, c, d] = shape;
  if (a === undefined || b === undefined || c === undefined || d === undefined)
    throw new ConfigError(call.kernel, `expected a shape of 4 dimensions, got [${shape}]`);
  return [a, b, c, d];
}

function five(
  shape: readonly number[],
  call: KernelCall,
): [number, number, number, number, number] {
  const [a, b, c, d, e] = shape;
  if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined)
    throw new ConfigError(call.kernel, `expected a shape of 5 dimensions, got [${shape}]`);
  return [a, b, c, d, e];
}
