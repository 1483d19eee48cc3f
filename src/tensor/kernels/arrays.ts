import { ConfigError } from "../../errors.ts";
import { int, text } from "../graph/attributes.ts";
import { cast, compare, where } from "../graph/elementwise.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import { type GraphType, type GraphValue, splatOf } from "../graph/GraphValue.ts";
import {
  concat,
  dim,
  expand,
  normalizeAxes,
  pad,
  reshape,
  slice,
  stack,
  transpose,
} from "../graph/layout.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import { tf } from "../tf.ts";
import type { KernelCall, KernelTable } from "../trace/KernelCall.ts";

/** Shapes, joins, cuts, repetitions and constant makers. */
export const arrayKernels: KernelTable = {
  Identity: (call) => call.input("x"),
  Reshape: (call) => {
    const x = call.input("x");
    const shape = tf.util.inferFromImplicitShape([...call.numbers("shape")], sizeOfShape(x.shape));
    return reshape(call.graph, x, shape);
  },
  ExpandDims: (call) => {
    const x = call.input("input");
    const axis = call.number("dim");
    const at = axis < 0 ? axis + x.shape.length + 1 : axis;
    return reshape(call.graph, x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
  },
  Transpose: (call) => {
    const x = call.input("x");
    const reversed = x.shape.map((_, axis) => x.shape.length - 1 - axis);
    return transpose(call.graph, x, call.numbers("perm", reversed));
  },
  Concat: (call) => {
    const [first] = call.operands;
    const [axis = 0] = normalizeAxes(call.numbers("axis"), first?.shape.length ?? 0);
    return concat(call.graph, call.operands, axis);
  },
  Pack: (call) => {
    const [first] = call.operands;
    const [axis = 0] = normalizeAxes(call.numbers("axis"), (first?.shape.length ?? 0) + 1);
    return stack(call.graph, call.operands, axis);
  },
  Unpack: (call) => {
    const x = call.input("value");
    const [axis = 0] = normalizeAxes(call.numbers("axis"), x.shape.length);
    const shape = x.shape.filter((_, i) => i !== axis);
    return split(
      call.graph,
      x,
      Array.from({ length: dim(x, axis) }, () => 1),
      axis,
    ).map((part) => reshape(call.graph, part, shape));
  },
  SplitV: (call) => {
    const x = call.input("x");
    const [axis = 0] = normalizeAxes(call.numbers("axis"), x.shape.length);
    const requested = call.attribute("numOrSizeSplits");
    const sizes =
      typeof requested === "number"
        ? Array.from({ length: requested }, () => dim(x, axis) / requested)
        : inferSplit(call.numbers("numOrSizeSplits"), dim(x, axis));
    return split(call.graph, x, sizes, axis);
  },
  Slice: (call) => {
    const x = call.input("x");
    const [begin, size] = tf.slice_util.parseSliceParams(
      { shape: [...x.shape], rank: x.shape.length } as never,
      [...call.numbers("begin")],
      // Absent, or shorter than the rank: the rest is taken whole.
      [...call.numbers("size", [])],
    );
    return slice(call.graph, x, begin ?? [], size ?? []);
  },
  StridedSlice: (call) => stridedSlice(call),
  PadV2: (call) =>
    pad(call.graph, call.input("x"), paddingsOf(call), call.number("constantValue", 0)),
  MirrorPad: (call) => mirrorPad(call),
  Tile: (call) => tile(call.graph, call.input("x"), call.numbers("reps")),
  BroadcastTo: (call) => expand(call.graph, call.input("x"), call.numbers("shape")),
  FlipLeftRight: (call) => reverse(call.graph, call.input("image"), [2]),
  Reverse: (call) => {
    const x = call.input("x");
    const all = x.shape.map((_, axis) => axis);
    return reverse(call.graph, x, normalizeAxes(call.numbers("dims", all), x.shape.length));
  },
  Fill: (call) => {
    const value = call.number("value");
    return call.graph.splat(
      value,
      call.numbers("shape"),
      dtypeOf(call, call.text("dtype", "float32")),
    );
  },
  ZerosLike: (call) => call.graph.splat(0, call.input("x").shape, call.input("x").type),
  OnesLike: (call) => call.graph.splat(1, call.input("x").shape, call.input("x").type),
  Range: (call) => {
    const [start, stop, step] = [call.number("start"), call.number("stop"), call.number("step")];
    const count = Math.max(0, Math.ceil((stop - start) / step));
    const values = Array.from({ length: count }, (_, i) => start + i * step);
    return call.text("dtype", "float32") === "int32"
      ? call.graph.constant(Int32Array.from(values), [count])
      : call.graph.constant(Float32Array.from(values), [count]);
  },
  LinSpace: (call) => {
    const [start, stop, count] = [call.number("start"), call.number("stop"), call.number("num")];
    const step = count === 1 ? 0 : (stop - start) / (count - 1);
    return call.graph.constant(
      Float32Array.from({ length: count }, (_, i) => start + i * step),
      [count],
    );
  },
  OneHot: (call) => {
    const indices = call.input("indices");
    const depth = call.number("depth");
    return oneHot(call.graph, indices, depth, {
      onValue: call.number("onValue", 1),
      offValue: call.number("offValue", 0),
      type: dtypeOf(call, call.text("dtype", "int32")),
    });
  },
  Diag: (call) => {
    const x = call.input("x");
    const size = sizeOfShape(x.shape);
    const isDiagonal = identityMatrix(call.graph, size);
    const rows = reshape(call.graph, x, [size, 1]);
    const matrix = where(call.graph, isDiagonal, rows, call.graph.splat(0, [size, size], x.type));
    return reshape(call.graph, matrix, [...x.shape, ...x.shape]);
  },
  DepthToSpace: (call) => depthToSpace(call),
  SpaceToBatchND: (call) => spaceToBatch(call),
  BatchToSpaceND: (call) => batchToSpace(call),
};

/** Options of a one-hot expansion. */
interface OneHotOptions {
  readonly onValue: number;
  readonly offValue: number;
  readonly type: GraphType;
}

/** Compares indices with 0 … depth − 1 along a new last axis. */
export function oneHot(
  g: GraphBuilder,
  indices: GraphValue,
  depth: number,
  { onValue, offValue, type }: OneHotOptions,
): GraphValue {
  const classes = g.constant(
    Int32Array.from({ length: depth }, (_, i) => i),
    [depth],
  );
  const column = reshape(g, cast(g, indices, "int32"), [...indices.shape, 1]);
  const isClass = compare(g, "Equal", column, classes);
  if (onValue === 1 && offValue === 0) return cast(g, isClass, type);
  return where(g, isClass, g.splat(onValue, [], type), g.splat(offValue, [], type));
}

function identityMatrix(g: GraphBuilder, size: number): GraphValue {
  const range = g.constant(
    Int32Array.from({ length: size }, (_, i) => i),
    [size],
  );
  return compare(g, "Equal", reshape(g, range, [size, 1]), reshape(g, range, [1, size]));
}

function dtypeOf(call: KernelCall, dtype: string): "float32" | "int32" | "bool" {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new ConfigError(call.kernel, `dtype must be float32, int32 or bool, got ${dtype}`);
}

function inferSplit(sizes: readonly number[], length: number): number[] {
  const known = sizes.filter((size) => size >= 0).reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => (size < 0 ? length - known : size));
}

function split(
  g: GraphBuilder,
  x: GraphValue,
  sizes: readonly number[],
  axis: number,
): readonly GraphValue[] {
  if (sizes.length === 1) return [x];
  const shapes = sizes.map((size) => x.shape.map((length, i) => (i === axis ? size : length)));
  const splat = splatOf(x);
  if (splat !== undefined) return shapes.map((shape) => g.splat(splat, shape, x.type));
  return g.nodes(
    "Split",
    [x, g.indices(sizes)],
    shapes.map((shape) => ({ shape, type: x.type })),
    { axis: int(axis) },
  );
}

function reverse(g: GraphBuilder, x: GraphValue, axes: readonly number[]): GraphValue {
  const begin = x.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
  const step = x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
  return slice(g, x, begin, x.shape, step);
}

function tile(g: GraphBuilder, x: GraphValue, reps: readonly number[]): GraphValue {
  const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, shape, x.type);
  if (reps.every((rep) => rep === 1)) return x;
  if (reps.every((rep, axis) => rep === 1 || x.shape[axis] === 1)) return expand(g, x, shape);
  return g.node("Tile", [x, g.indices(reps)], { shape, type: x.type });
}

function paddingsOf(call: KernelCall): [number, number][] {
  const paddings = call.attribute("paddings");
  if (!Array.isArray(paddings))
    throw new ConfigError(call.kernel, "paddings must be pairs, got none");
  return paddings.map((pair: unknown): [number, number] => {
    const [before, after] = Array.isArray(pair) ? pair : [];
    if (typeof before !== "number" || typeof after !== "number")
      throw new ConfigError(call.kernel, `paddings must be pairs of numbers, got ${String(pair)}`);
    return [before, after];
  });
}

function mirrorPad(call: KernelCall): GraphValue {
  const { graph } = call;
  const isReflect = call.text("mode") === "reflect";
  const offset = isReflect ? 1 : 0;
  // A gather with mirrored indices, axis by axis: ONNX's Pad has "reflect" but not "symmetric".
  return paddingsOf(call).reduce((value, [before, after], axis) => {
    if (before === 0 && after === 0) return value;
    const size = dim(value, axis);
    const positions = Array.from({ length: before + size + after }, (_, i) => {
      const at = i - before;
      if (at < 0) return -at - 1 + offset;
      return at >= size ? 2 * size - 1 - at - offset : at;
    });
    const indices = graph.constant(Int32Array.from(positions), [positions.length]);
    const shape = value.shape.map((length, i) => (i === axis ? positions.length : length));
    return graph.node("Gather", [value, indices], { shape, type: value.type }, { axis: int(axis) });
  }, call.input("x"));
}

function stridedSlice(call: KernelCall): GraphValue {
  const { graph } = call;
  const x = call.input("x");
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    [...call.numbers("begin")],
    [...call.numbers("end")],
    [...call.numbers("strides", [...call.numbers("begin")].fill(1))],
    call.number("beginMask", 0),
    call.number("endMask", 0),
    call.number("ellipsisMask", 0),
    call.number("newAxisMask", 0),
    call.number("shrinkAxisMask", 0),
  );
  const { finalShape, begin, end, strides } = info;
  const size = begin.map((from, axis) => {
    const stride = strides[axis] ?? 1;
    return Math.max(0, Math.ceil(((end[axis] ?? 0) - from) / stride));
  });
  if (sizeOfShape(finalShape) === 0) return graph.splat(0, finalShape, x.type);
  const cut = slice(graph, x, begin, size, strides);
  return reshape(graph, cut, finalShape);
}

function depthToSpace(call: KernelCall): GraphValue {
  const { graph } = call;
  const x = call.input("x");
  const block = call.number("blockSize");
  const isNhwc = call.text("dataFormat", "NHWC") === "NHWC";
  const [batch, height, width, depth] = isNhwc
    ? [dim(x, 0), dim(x, 1), dim(x, 2), dim(x, 3)]
    : [dim(x, 0), dim(x, 2), dim(x, 3), dim(x, 1)];
  const channels = depth / (block * block);
  if (!isNhwc)
    return graph.node(
      "DepthToSpace",
      [x],
      { shape: [batch, channels, height * block, width * block], type: x.type },
      { blocksize: int(block), mode: text("DCR") },
    );
  const blocks = reshape(graph, x, [batch, height, width, block, block, channels]);
  const ordered = transpose(graph, blocks, [0, 1, 3, 2, 4, 5]);
  return reshape(graph, ordered, [batch, height * block, width * block, channels]);
}

function spaceToBatch(call: KernelCall): GraphValue {
  const { graph } = call;
  const x = call.input("x");
  const blocks = call.numbers("blockShape");
  const rest = x.shape.length - 1 - blocks.length;
  const paddings: [number, number][] = [
    [0, 0],
    ...paddingsOf(call),
    ...Array.from({ length: rest }, (): [number, number] => [0, 0]),
  ];
  const padded = pad(graph, x, paddings);
  const product = sizeOfShape(blocks);
  const reshaped = tf.backend_util.getReshaped([...padded.shape], [...blocks], product, false);
  const perm = tf.backend_util.getPermuted(reshaped.length, blocks.length, false);
  const flat = tf.backend_util.getReshapedPermuted([...padded.shape], [...blocks], product, false);
  return reshape(graph, transpose(graph, reshape(graph, padded, reshaped), perm), flat);
}

function batchToSpace(call: KernelCall): GraphValue {
  const { graph } = call;
  const x = call.input("x");
  const blocks = [...call.numbers("blockShape")];
  const product = sizeOfShape(blocks);
  const crops = call.attribute("crops");
  if (!Array.isArray(crops)) throw new ConfigError(call.kernel, "crops must be pairs, got none");
  const cropPairs = crops as number[][];
  const reshaped = tf.backend_util.getReshaped([...x.shape], blocks, product);
  const perm = tf.backend_util.getPermuted(reshaped.length, blocks.length);
  const flat = tf.backend_util.getReshapedPermuted([...x.shape], blocks, product);
  const begin = tf.backend_util.getSliceBeginCoords(cropPairs, blocks.length);
  const cropped = tf.backend_util.getSliceSize(flat, cropPairs, blocks.length);
  // tfjs gives the batch and block axes only; the rest stays whole.
  const size = [...cropped, ...flat.slice(cropped.length)];
  const whole = reshape(graph, transpose(graph, reshape(graph, x, reshaped), perm), flat);
  return slice(graph, whole, begin, size);
}
