import { sizeOfShape } from "../TensorSpec.ts";
import { int } from "./attributes.ts";
import type { GraphBuilder } from "./GraphBuilder.ts";
import type { GraphValue } from "./GraphValue.ts";
import { reshape } from "./layout.ts";

/** Reductions with the value of an empty one. */
const emptyResult = {
  ReduceSum: 0,
  ReduceMean: Number.NaN,
  ReduceMax: -Infinity,
  ReduceMin: Infinity,
  ReduceProd: 1,
} as const;

/** Reductions that ONNX has for float32 and int32. */
export type ReduceOp = keyof typeof emptyResult;

/**
 * Reduces over `axes` (all when the list is empty and the rank is not 0).
 *
 * Axes of size 1 need no arithmetic: they are reshaped away.
 */
export function reduce(
  g: GraphBuilder,
  op: ReduceOp,
  x: GraphValue,
  axes: readonly number[],
  keepDims = false,
): GraphValue {
  const shape = x.shape.flatMap((size, axis) =>
    axes.includes(axis) ? (keepDims ? [1] : []) : [size],
  );
  const summed = axes.filter((axis) => x.shape[axis] !== 1);
  if (summed.length === 0) return reshape(g, x, shape);
  if (sizeOfShape(x.shape) === 0) return g.splat(emptyResult[op], shape, x.type);
  const reduced = g.node(
    op,
    [x, g.indices([...summed].sort((a, b) => a - b))],
    {
      shape: keepDims
        ? x.shape.map((size, axis) => (summed.includes(axis) ? 1 : size))
        : x.shape.filter((_, axis) => !summed.includes(axis)),
      type: x.type,
    },
    { keepdims: int(keepDims ? 1 : 0) },
  );
  return reshape(g, reduced, shape);
}
