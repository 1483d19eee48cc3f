import { cast } from "../graph/elementwise.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { dim, reshape } from "../graph/layout.ts";
import { matMul } from "../graph/matMul.ts";
import type { KernelCall, KernelTable } from "../trace/KernelCall.ts";

/**
 * Image resizing, written as two products with constant interpolation matrices: rows, then columns.
 * The gradient is the same two products transposed, so value and gradient cannot disagree.
 */
export const resizingKernels: KernelTable = {
  ResizeBilinear: (call) => resize(call, bilinearMatrix),
  ResizeNearestNeighbor: (call) => resize(call, nearestMatrix),
  ResizeBilinearGrad: (call) => resizeGradient(call, bilinearMatrix),
  ResizeNearestNeighborGrad: (call) => resizeGradient(call, nearestMatrix),
};

interface Sampling {
  readonly from: number;
  readonly to: number;
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

type MatrixMaker = (sampling: Sampling) => Float32Array;

function resize(call: KernelCall, matrix: MatrixMaker): GraphValue {
  const { graph } = call;
  const x = cast(graph, call.input("images"), "float32");
  const [height = 0, width = 0] = call.numbers("size");
  const rows = weights(call, matrix, dim(x, 1), height);
  const columns = weights(call, matrix, dim(x, 2), width);
  return applyBoth(graph, x, rows, columns, false);
}

function resizeGradient(call: KernelCall, matrix: MatrixMaker): GraphValue {
  const [dy, images] = [call.input("dy"), call.input("images")];
  const rows = weights(call, matrix, dim(images, 1), dim(dy, 1));
  const columns = weights(call, matrix, dim(images, 2), dim(dy, 2));
  return applyBoth(call.graph, dy, rows, columns, true);
}

function weights(call: KernelCall, matrix: MatrixMaker, from: number, to: number): GraphValue {
  const alignCorners = call.flag("alignCorners");
  const halfPixelCenters = call.flag("halfPixelCenters");
  return call.graph.constant(matrix({ from, to, alignCorners, halfPixelCenters }), [to, from]);
}

function applyBoth(
  g: GraphBuilder,
  x: GraphValue,
  rows: GraphValue,
  columns: GraphValue,
  isTransposed: boolean,
): GraphValue {
  const [n, h, w, c] = [dim(x, 0), dim(x, 1), dim(x, 2), dim(x, 3)];
  const options = { transposeA: isTransposed, transposeB: false };
  const tall = matMul(g, rows, reshape(g, x, [n, h, w * c]), options);
  const height = dim(tall, 1);
  const wide = matMul(g, columns, reshape(g, tall, [n * height, w, c]), options);
  return reshape(g, wide, [n, height, dim(wide, 1), c]);
}

function scaleOf({ from, to, alignCorners }: Sampling): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

/** Row i holds the two weights of output i: linear between the neighbours of its source position. */
function bilinearMatrix(sampling: Sampling): Float32Array {
  const { from, to, halfPixelCenters } = sampling;
  const scale = scaleOf(sampling);
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i += 1) {
    const source = halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const below = Math.max(0, Math.floor(source));
    const above = Math.min(from - 1, Math.ceil(source));
    const fraction = source - below;
    matrix[i * from + below] = (matrix[i * from + below] ?? 0) + 1 - fraction;
    matrix[i * from + above] = (matrix[i * from + above] ?? 0) + fraction;
  }
  return matrix;
}

/** Row i holds one 1, at the source pixel of output i. */
function nearestMatrix(sampling: Sampling): Float32Array {
  const { from, to, alignCorners, halfPixelCenters } = sampling;
  const scale = scaleOf(sampling);
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i += 1) {
    const position = halfPixelCenters ? scale * (i + 0.5) : scale * i;
    const rounded = alignCorners ? Math.round(position) : Math.floor(position);
    matrix[i * from + Math.min(from - 1, Math.max(0, rounded))] = 1;
  }
  return matrix;
}
