import { sizeOfShape } from "../TensorSpec.ts";
import { int, ints } from "./attributes.ts";
import type { GraphBuilder } from "./GraphBuilder.ts";
import { type GraphValue, splatOf } from "./GraphValue.ts";

/** Whether two shapes are the same, dimension by dimension. */
export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Resolves negative axes; an empty or absent list stays what it is. */
export function normalizeAxes(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** Size of one dimension; 1 past the end, as broadcasting reads it. */
export function dim(value: { readonly shape: readonly number[] }, axis: number): number {
  return value.shape[axis < 0 ? axis + value.shape.length : axis] ?? 1;
}

/** Views the elements under another shape of the same size. Chains of reshapes become one. */
export function reshape(g: GraphBuilder, x: GraphValue, shape: readonly number[]): GraphValue {
  if (isSameShape(x.shape, shape)) return x;
  const constant = x.constant;
  if (constant?.kind === "splat") return g.splat(constant.value, shape, x.type);
  if (constant?.kind === "dense" && !(constant.data instanceof BigInt64Array))
    return g.constant(constant.data, shape);
  const source = x.node?.op === "Reshape" ? x.node.inputs[0] : undefined;
  if (source !== undefined) return reshape(g, source, shape);
  // allowzero: a dimension of 0 means 0 elements here, not "copy the input's size".
  return g.node("Reshape", [x, g.indices(shape)], { shape, type: x.type }, { allowzero: int(1) });
}

/** Permutes axes: output axis i is input axis perm[i]. Chains become one, identities vanish. */
export function transpose(g: GraphBuilder, x: GraphValue, perm: readonly number[]): GraphValue {
  if (perm.every((axis, position) => axis === position)) return x;
  const shape = perm.map((axis) => dim(x, axis));
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, shape, x.type);
  const inner = transposePerm(x);
  const source = x.node?.inputs[0];
  if (inner !== undefined && source !== undefined)
    return transpose(
      g,
      source,
      perm.map((axis) => inner[axis] ?? axis),
    );
  // Moving only dimensions of size 1 leaves the elements where they are: a reshape costs nothing.
  const moved = perm.filter((axis) => dim(x, axis) !== 1);
  if (moved.every((axis, position) => position === 0 || (moved[position - 1] ?? 0) < axis))
    return reshape(g, x, shape);
  return g.node("Transpose", [x], { shape, type: x.type }, { perm: ints(perm) });
}

/** The permutation of the Transpose that made a value, if one did. */
export function transposePerm(x: GraphValue): readonly number[] | undefined {
  const perm = x.node?.op === "Transpose" ? x.node.attributes["perm"] : undefined;
  return perm?.kind === "ints" ? perm.value : undefined;
}

/** Repeats a value along dimensions of size 1 up to `shape`. */
export function expand(g: GraphBuilder, x: GraphValue, shape: readonly number[]): GraphValue {
  if (isSameShape(x.shape, shape)) return x;
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, shape, x.type);
  return g.node("Expand", [x, g.indices(shape)], { shape, type: x.type });
}

/** Cuts `size` elements from `begin` on along each axis, optionally every `step`-th. */
export function slice(
  g: GraphBuilder,
  x: GraphValue,
  begin: readonly number[],
  size: readonly number[],
  step: readonly number[] = size.map(() => 1),
): GraphValue {
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, size, x.type);
  const axes = size
    .map((_, axis) => axis)
    .filter((axis) => size[axis] !== dim(x, axis) || (step[axis] ?? 1) !== 1);
  if (axes.length === 0) return x;
  const starts = axes.map((axis) => begin[axis] ?? 0);
  const steps = axes.map((axis) => step[axis] ?? 1);
  const ends = axes.map((axis, i) => {
    const last = (starts[i] ?? 0) + ((size[axis] ?? 0) - 1) * (steps[i] ?? 1);
    const end = last + Math.sign(steps[i] ?? 1);
    // Walking down past index 0 must not wrap round to the last element.
    return end < 0 ? -Number.MAX_SAFE_INTEGER : end;
  });
  return g.node(
    "Slice",
    [x, g.indices(starts), g.indices(ends), g.indices(axes), g.indices(steps)],
    { shape: size, type: x.type },
  );
}

/** Joins values along one axis. */
export function concat(g: GraphBuilder, values: readonly GraphValue[], axis: number): GraphValue {
  const kept = values.filter((value) => sizeOfShape(value.shape) > 0);
  const [first] = kept.length > 0 ? kept : values;
  if (first === undefined) throw new RangeError("concat: expected a value, got none");
  if (kept.length <= 1) return first;
  const splat = splatOf(first);
  const total = kept.reduce((sum, value) => sum + dim(value, axis), 0);
  const shape = first.shape.map((size, i) => (i === axis ? total : size));
  if (splat !== undefined && kept.every((value) => Object.is(splatOf(value), splat)))
    return g.splat(splat, shape, first.type);
  return g.node("Concat", kept, { shape, type: first.type }, { axis: int(axis) });
}

/** Surrounds a value with a constant: [before, after] per axis. */
export function pad(
  g: GraphBuilder,
  x: GraphValue,
  paddings: readonly (readonly [number, number])[],
  value = 0,
): GraphValue {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((size, axis) => {
    const [before, after] = paddings[axis] ?? [0, 0];
    return size + before + after;
  });
  if (Object.is(splatOf(x), value)) return g.splat(value, shape, x.type);
  const amounts = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  return g.node("Pad", [x, g.indices(amounts), g.splat(value, [], x.type)], {
    shape,
    type: x.type,
  });
}

/** Puts values of equal shape side by side along a new axis. */
export function stack(g: GraphBuilder, values: readonly GraphValue[], axis: number): GraphValue {
  const parts = values.map((value) =>
    reshape(g, value, [...value.shape.slice(0, axis), 1, ...value.shape.slice(axis)]),
  );
  return concat(g, parts, axis);
}
