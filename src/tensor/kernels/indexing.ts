import { int, text } from "../graph/attributes.ts";
import { binary, cast, compare, where } from "../graph/elementwise.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { dim, expand, normalizeAxes, reshape } from "../graph/layout.ts";
import { reduce } from "../graph/reduce.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import type { KernelCall, KernelTable } from "../trace/KernelCall.ts";

/** Gathers, scatters and segment sums. */
export const indexingKernels: KernelTable = {
  GatherV2: (call) => gather(call),
  GatherNd: (call) => {
    const [params, indices] = [call.input("params"), call.input("indices")];
    const depth = dim(indices, -1);
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    const index = cast(call.graph, indices, "int64");
    return call.graph.node(
      "GatherND",
      [params, index],
      { shape, type: params.type },
      { batch_dims: int(0) },
    );
  },
  ScatterNd: (call) => {
    const [indices, updates] = [call.input("indices"), call.input("updates")];
    const shape = call.numbers("shape");
    return scatterAdd(call.graph, shape, indices, updates);
  },
  TensorScatterUpdate: (call) => {
    const { graph } = call;
    const tensor = call.input("tensor");
    const index = cast(graph, call.input("indices"), "int64");
    return graph.node("ScatterND", [tensor, index, call.input("updates")], tensor);
  },
  SparseToDense: (call) => sparseToDense(call),
  UnsortedSegmentSum: (call) =>
    segmentSum(call.graph, call.input("x"), call.input("segmentIds"), call.number("numSegments")),
  SearchSorted: (call) => searchSorted(call),
  Bincount: (call) => bincount(call, call.number("size"), false),
  DenseBincount: (call) => bincount(call, call.number("size"), call.flag("binaryOutput")),
};

function gather(call: KernelCall): GraphValue {
  const { graph } = call;
  const [x, indices] = [call.input("x"), call.input("indices")];
  const [axis = 0] = normalizeAxes(call.numbers("axis"), x.shape.length);
  const batchDims = call.number("batchDims", 0);
  const index = cast(graph, indices, "int32");
  const shape = [
    ...x.shape.slice(0, axis),
    ...indices.shape.slice(batchDims),
    ...x.shape.slice(axis + 1),
  ];
  if (sizeOfShape(shape) === 0) return graph.splat(0, shape, x.type);
  if (batchDims === 0)
    return graph.node("Gather", [x, index], { shape, type: x.type }, { axis: int(axis) });

  // Batches become rows of one long axis: row b of the indices is moved by b times the axis length.
  const batch = sizeOfShape(x.shape.slice(0, batchDims));
  const middle = x.shape.slice(batchDims, axis);
  const length = dim(x, axis);
  const rest = x.shape.slice(axis + 1);
  const perBatch = sizeOfShape(indices.shape.slice(batchDims));
  if (middle.length > 0) {
    // Axes between the batch and the gathered axis repeat the same indices: fold them into the batch.
    const repeats = sizeOfShape(middle);
    const rows = expand(graph, reshape(graph, index, [batch, 1, perBatch]), [
      batch,
      repeats,
      perBatch,
    ]);
    return reshape(graph, gatherRows(graph, x, rows, batch * repeats, length, rest), shape);
  }
  return reshape(graph, gatherRows(graph, x, index, batch, length, rest), shape);
}

function gatherRows(
  g: GraphBuilder,
  x: GraphValue,
  indices: GraphValue,
  batch: number,
  length: number,
  rest: readonly number[],
): GraphValue {
  const perBatch = sizeOfShape(indices.shape) / Math.max(1, batch);
  const offsets = g.constant(
    Int32Array.from({ length: batch }, (_, b) => b * length),
    [batch, 1],
  );
  const flat = binary(g, "Add", reshape(g, indices, [batch, perBatch]), offsets);
  const rows = reshape(g, x, [batch * length, ...rest]);
  return g.node(
    "Gather",
    [rows, flat],
    { shape: [batch, perBatch, ...rest], type: x.type },
    { axis: int(0) },
  );
}

/**
 * Sums rows of `x` by segment; ids outside 0 … numSegments − 1 are dropped, as tfjs drops them.
 *
 * `ScatterElements` and not `ScatterND`: with repeated indices the latter is parallel in ORT and its
 * sums are not reproducible.
 */
function segmentSum(
  g: GraphBuilder,
  x: GraphValue,
  segmentIds: GraphValue,
  numSegments: number,
): GraphValue {
  const rows = sizeOfShape(segmentIds.shape);
  const rest = x.shape.slice(segmentIds.shape.length);
  const width = sizeOfShape(rest);
  const shape = [numSegments, ...rest];
  if (rows === 0 || sizeOfShape(shape) === 0) return g.splat(0, shape, x.type);
  const ids = reshape(g, cast(g, segmentIds, "int32"), [rows, 1]);
  const zero = g.splat(0, [], "int32");
  const limit = g.splat(numSegments, [], "int32");
  const isInside = binary(
    g,
    "And",
    compare(g, "GreaterOrEqual", ids, zero),
    compare(g, "Less", ids, limit),
  );
  const safeIds = where(g, isInside, ids, zero);
  const values = where(g, isInside, reshape(g, x, [rows, width]), g.splat(0, [], x.type));
  const summed = g.node(
    "ScatterElements",
    [g.splat(0, [numSegments, width], x.type), expand(g, safeIds, [rows, width]), values],
    { shape: [numSegments, width], type: x.type },
    { axis: int(0), reduction: text("add") },
  );
  return reshape(g, summed, shape);
}

/** Adds slices at N-d indices into zeros, by flat position, so that repeats sum reproducibly. */
function scatterAdd(
  g: GraphBuilder,
  shape: readonly number[],
  indices: GraphValue,
  updates: GraphValue,
): GraphValue {
  const depth = indices.shape.length === 1 ? 1 : dim(indices, -1);
  const outer = shape.slice(0, depth);
  const count = sizeOfShape(indices.shape) / Math.max(1, depth);
  const strides = outer.map((_, axis) => sizeOfShape(outer.slice(axis + 1)));
  const weights = g.constant(Int32Array.from(strides), [1, depth]);
  const products = binary(g, "Mul", reshape(g, cast(g, indices, "int32"), [count, depth]), weights);
  const flat = g.node(
    "ReduceSum",
    [products, g.indices([1])],
    { shape: [count], type: "int32" },
    { keepdims: int(0) },
  );
  const rest = shape.slice(depth);
  const rows = reshape(g, updates, [count, ...rest]);
  return reshape(g, segmentSum(g, rows, flat, sizeOfShape(outer)), shape);
}

/** The place of each value in its sorted row: how many of the row's numbers lie before it. */
function searchSorted(call: KernelCall): GraphValue {
  const { graph } = call;
  const [sequence, values] = [call.input("sortedSequence"), call.input("values")];
  const [rows, length, count] = [dim(sequence, 0), dim(sequence, 1), dim(values, 1)];
  const isBefore = compare(
    graph,
    call.text("side") === "left" ? "Less" : "LessOrEqual",
    reshape(graph, sequence, [rows, 1, length]),
    reshape(graph, values, [rows, count, 1]),
  );
  return reduce(graph, "ReduceSum", cast(graph, isBefore, "int32"), [2]);
}

function sparseToDense(call: KernelCall): GraphValue {
  const { graph } = call;
  const shape = call.numbers("outputShape");
  const values = call.input("sparseValues");
  const indices = call.input("sparseIndices");
  const base = expand(
    graph,
    reshape(
      graph,
      call.input("defaultValue"),
      shape.map(() => 1),
    ),
    shape,
  );
  const count = indices.shape.length === 2 ? dim(indices, 0) : sizeOfShape(indices.shape);
  const index = cast(
    graph,
    reshape(graph, indices, [count, sizeOfShape(indices.shape) / count]),
    "int64",
  );
  const updates = expand(
    graph,
    reshape(graph, values, values.shape.length === 0 ? [1] : values.shape),
    [count],
  );
  return graph.node("ScatterND", [base, index, updates], { shape, type: values.type });
}

function bincount(call: KernelCall, size: number, isBinary: boolean): GraphValue {
  const { graph } = call;
  const [x, weights] = [call.input("x"), call.input("weights")];
  const type = sizeOfShape(weights.shape) === 0 ? "int32" : weights.type;
  const one = graph.splat(1, x.shape, type);
  const counted = sizeOfShape(weights.shape) === 0 || isBinary ? one : weights;
  const [rows, columns] = x.shape.length === 2 ? [dim(x, 0), dim(x, 1)] : [1, sizeOfShape(x.shape)];
  const offsets = graph.constant(
    Int32Array.from({ length: rows }, (_, r) => r * size),
    [rows, 1],
  );
  const ids = binary(graph, "Add", reshape(graph, x, [rows, columns]), offsets);
  // An id past the end would land in the next row's counts: send it nowhere.
  const grid = reshape(graph, x, [rows, columns]);
  const isInside = compare(graph, "Less", grid, graph.splat(size, [], "int32"));
  const safe = where(graph, isInside, ids, graph.splat(-1, [], "int32"));
  const flat = reshape(graph, safe, [rows * columns]);
  const sums = segmentSum(graph, reshape(graph, counted, [rows * columns]), flat, rows * size);
  const counts = reshape(graph, sums, x.shape.length === 2 ? [rows, size] : [size]);
  if (!isBinary) return counts;
  return cast(
    graph,
    compare(graph, "Greater", counts, graph.splat(0, [], counts.type)),
    counts.type,
  );
}
