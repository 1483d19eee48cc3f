import { int } from "../graph/attributes.ts";
import { binary, cast } from "../graph/elementwise.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { dim, normalizeAxes, pad, slice } from "../graph/layout.ts";
import { type ReduceOp, reduce } from "../graph/reduce.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import type { KernelCall, KernelTable } from "../trace/KernelCall.ts";

/** Reductions, scans, arg-reductions and the softmax family. */
export const reductionKernels: KernelTable = {
  Sum: (call) => {
    const x = call.input("x");
    return reduceKernel(call, "ReduceSum", x.type === "bool" ? cast(call.graph, x, "int32") : x);
  },
  Mean: (call) => reduceKernel(call, "ReduceMean", cast(call.graph, call.input("x"), "float32")),
  Max: (call) => reduceKernel(call, "ReduceMax", call.input("x"), "reductionIndices"),
  Min: (call) => reduceKernel(call, "ReduceMin", call.input("x")),
  Prod: (call) => reduceKernel(call, "ReduceProd", call.input("x")),
  All: (call) => reduceBool(call, "ReduceMin"),
  Any: (call) => reduceBool(call, "ReduceMax"),
  ArgMax: (call) => argReduce(call, "ArgMax"),
  ArgMin: (call) => argReduce(call, "ArgMin"),
  Softmax: (call) => softmax(call, "Softmax", call.number("dim")),
  LogSoftmax: (call) => softmax(call, "LogSoftmax", call.number("axis")),
  Cumsum: (call) => cumulativeSum(call),
  Cumprod: (call) => cumulativeProduct(call),
  TopK: (call) => topK(call),
};

function axesOf(call: KernelCall, x: GraphValue, name: string): number[] {
  const all = x.shape.map((_, axis) => axis);
  return normalizeAxes(call.numbers(name, all), x.shape.length);
}

function reduceKernel(
  call: KernelCall,
  op: ReduceOp,
  x: GraphValue,
  axisName = "axis",
): GraphValue {
  return reduce(call.graph, op, x, axesOf(call, x, axisName), call.flag("keepDims"));
}

function reduceBool(call: KernelCall, op: "ReduceMin" | "ReduceMax"): GraphValue {
  const { graph } = call;
  const x = call.input("x");
  const axes = axesOf(call, x, "axis");
  const reduced = reduce(graph, op, cast(graph, x, "int32"), axes, call.flag("keepDims"));
  // The empty minimum is +∞, which no int32 holds; "all of nothing" is true, "any of nothing" false.
  if (sizeOfShape(x.shape) === 0)
    return graph.splat(op === "ReduceMin" ? 1 : 0, reduced.shape, "bool");
  return cast(graph, reduced, "bool");
}

function argReduce(call: KernelCall, op: "ArgMax" | "ArgMin"): GraphValue {
  const { graph } = call;
  const x = cast(graph, call.input("x"), "float32");
  const [axis = 0] = normalizeAxes(call.numbers("axis"), x.shape.length);
  const shape = x.shape.filter((_, i) => i !== axis);
  if (dim(x, axis) === 1) return graph.splat(0, shape, "int32");
  const index = graph.node(
    op,
    [x],
    { shape, type: "int64" },
    { axis: int(axis), keepdims: int(0), select_last_index: int(0) },
  );
  return cast(graph, index, "int32");
}

function softmax(call: KernelCall, op: "Softmax" | "LogSoftmax", axis: number): GraphValue {
  const { graph } = call;
  const logits = cast(graph, call.input("logits"), "float32");
  return graph.node(op, [logits], logits, {
    axis: int(axis < 0 ? axis + logits.shape.length : axis),
  });
}

function cumulativeSum(call: KernelCall): GraphValue {
  const { graph } = call;
  const x = call.input("x");
  const [axis = 0] = normalizeAxes(call.numbers("axis"), x.shape.length);
  if (x.shape.length === 0) return call.flag("exclusive") ? graph.splat(0, [], x.type) : x;
  return graph.node("CumSum", [x, graph.index(axis)], x, {
    exclusive: int(call.flag("exclusive") ? 1 : 0),
    reverse: int(call.flag("reverse") ? 1 : 0),
  });
}

/**
 * Running product by doubling: after step s every element holds the product of the 2^s before it
 * (Hillis and Steele 1986). ONNX has no such node before opset 26.
 */
function cumulativeProduct(call: KernelCall): GraphValue {
  const { graph } = call;
  const x = call.input("x");
  const [axis = 0] = normalizeAxes(call.numbers("axis"), x.shape.length);
  const length = dim(x, axis);
  const reverse = call.flag("reverse");
  let product = call.flag("exclusive") ? shift(graph, x, axis, 1, reverse) : x;
  for (let distance = 1; distance < length; distance *= 2)
    product = binary(graph, "Mul", product, shift(graph, product, axis, distance, reverse));
  return product;
}

/** Moves elements along an axis and fills with ones. */
function shift(
  graph: GraphBuilder,
  x: GraphValue,
  axis: number,
  distance: number,
  reverse: boolean,
): GraphValue {
  const kept = Math.max(0, dim(x, axis) - distance);
  const begin = x.shape.map((_, i) => (i === axis && reverse ? distance : 0));
  const size = x.shape.map((length, i) => (i === axis ? kept : length));
  const paddings = x.shape.map((length, i): [number, number] => {
    if (i !== axis) return [0, 0];
    return reverse ? [0, length - kept] : [length - kept, 0];
  });
  return pad(graph, slice(graph, x, begin, size), paddings, 1);
}

function topK(call: KernelCall): readonly GraphValue[] {
  const { graph } = call;
  const x = call.input("x");
  const k = call.number("k");
  const shape = [...x.shape.slice(0, -1), k];
  const [values, indices] = graph.nodes(
    "TopK",
    [x, graph.indices([k])],
    [
      { shape, type: x.type },
      { shape, type: "int64" },
    ],
    { axis: int(-1), largest: int(1), sorted: int(1) },
  );
  if (values === undefined || indices === undefined) return [];
  return [values, cast(graph, indices, "int32")];
}
