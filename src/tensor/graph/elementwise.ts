import { sizeOfShape } from "../TensorSpec.ts";
import { tf } from "../tf.ts";
import type { GraphBuilder } from "./GraphBuilder.ts";
import { type GraphType, type GraphValue, splatOf } from "./GraphValue.ts";
import { expand, isSameShape, reshape } from "./layout.ts";

/** Arithmetic nodes that broadcast as NumPy does. */
export type BinaryOp = "Add" | "Sub" | "Mul" | "Div" | "Max" | "Min" | "Pow" | "And" | "Or" | "Xor";

/** Comparison nodes; their outputs are bool. */
export type CompareOp = "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual";

/** Applies an operation of one operand that keeps shape and type. */
export function unary(g: GraphBuilder, op: string, x: GraphValue): GraphValue {
  return g.node(op, [x], x);
}

/**
 * Applies a broadcasting operation to two operands of one type.
 *
 * Neutral operands vanish (x + 0, x · 1, x / 1, x − 0): autodiff and `tf.addN` of one produce many.
 */
export function binary(g: GraphBuilder, op: BinaryOp, a: GraphValue, b: GraphValue): GraphValue {
  const shape = tf.backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  const [left, right] = [splatOf(a), splatOf(b)];
  if (isNeutral(op, right) && isSameShape(a.shape, shape)) return a;
  if ((op === "Add" || op === "Mul") && isNeutral(op, left) && isSameShape(b.shape, shape))
    return b;
  if (left !== undefined && right !== undefined) {
    const folded = fold(op, left, right, a.type);
    if (folded !== undefined) return g.splat(folded, shape, a.type);
  }
  return g.node(op, shrinkSplats(g, [a, b], shape), { shape, type: a.type });
}

/** Compares two operands of one type, element by element, with broadcasting. */
export function compare(g: GraphBuilder, op: CompareOp, a: GraphValue, b: GraphValue): GraphValue {
  const shape = tf.backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  return g.node(op, shrinkSplats(g, [a, b], shape), { shape, type: "bool" });
}

/** condition ? a : b, with broadcasting. ORT's `Where` has no bool form, so bools go as int32. */
export function where(
  g: GraphBuilder,
  condition: GraphValue,
  a: GraphValue,
  b: GraphValue,
): GraphValue {
  if (a.type === "bool")
    return cast(g, where(g, condition, cast(g, a, "int32"), cast(g, b, "int32")), "bool");
  const shape = [condition, a, b]
    .map((value) => [...value.shape])
    .reduce((left, right) => tf.backend_util.assertAndGetBroadcastShape(left, right));
  return g.node("Where", shrinkSplats(g, [condition, a, b], shape), { shape, type: a.type });
}

/** Converts the element type. Floats become integers by truncation, booleans by comparison with 0. */
export function cast(g: GraphBuilder, x: GraphValue, type: GraphType): GraphValue {
  if (x.type === type) return x;
  const splat = splatOf(x);
  if (splat !== undefined && type !== "int64") {
    const value =
      type === "bool" ? Number(splat !== 0) : type === "int32" ? Math.trunc(splat) : splat;
    if (Number.isFinite(value) || type === "float32") return g.splat(value, x.shape, type);
  }
  const to = { float32: 1, int32: 6, int64: 7, bool: 9 }[type];
  return g.node("Cast", [x], { shape: x.shape, type }, { to: { kind: "int", value: to } });
}

/** A scalar constant of the type of `like`. */
export function scalarLike(g: GraphBuilder, value: number, like: GraphValue): GraphValue {
  return g.splat(value, [], like.type);
}

/**
 * Feeds splats as scalars: a splat operand is one number to read, whatever its shape. When nothing
 * else carries the full shape, the first operand that is not a splat is expanded to it.
 */
function shrinkSplats(
  g: GraphBuilder,
  values: readonly GraphValue[],
  shape: readonly number[],
): readonly GraphValue[] {
  const dense = values.filter((value) => splatOf(value) === undefined);
  const covered = shape.every((size, axis) =>
    dense.some((value) => (value.shape[axis - shape.length + value.shape.length] ?? 1) === size),
  );
  const shrunk = values.map((value) => {
    const splat = splatOf(value);
    return splat === undefined ||
      (!covered && value.shape.length === shape.length && isSameShape(value.shape, shape))
      ? value
      : g.splat(splat, [], value.type);
  });
  const reaches = shape.every((size, axis) =>
    shrunk.some((value) => (value.shape[axis - shape.length + value.shape.length] ?? 1) === size),
  );
  // Two partial splats can span a shape that neither has alone.
  if (!reaches && sizeOfShape(shape) > 0) {
    const [first, ...rest] = shrunk;
    if (first !== undefined) return [expand(g, first, shape), ...rest];
  }
  return keepRank(g, shrunk, shape);
}

/** Gives the rank back that a shrunk splat took along: leading axes of size 1 that only it had. */
function keepRank(
  g: GraphBuilder,
  values: readonly GraphValue[],
  shape: readonly number[],
): readonly GraphValue[] {
  if (values.some((value) => value.shape.length === shape.length)) return values;
  const carrier = values.find((value) => splatOf(value) === undefined) ?? values[0];
  if (carrier === undefined) return values;
  const missing = new Array<number>(shape.length - carrier.shape.length).fill(1);
  const whole = reshape(g, carrier, [...missing, ...carrier.shape]);
  return values.map((value) => (value === carrier ? whole : value));
}

function isNeutral(op: BinaryOp, value: number | undefined): boolean {
  if (value === undefined) return false;
  if (op === "Add") return value === 0;
  if (op === "Sub") return Object.is(value, 0);
  return (op === "Mul" || op === "Div" || op === "Pow") && value === 1;
}

function fold(op: BinaryOp, a: number, b: number, type: GraphType): number | undefined {
  if (type !== "float32") return undefined;
  switch (op) {
    case "Add":
      return a + b;
    case "Sub":
      return a - b;
    case "Mul":
      return a * b;
    case "Div":
      return a / b;
    case "Max":
      return Math.max(a, b);
    case "Min":
      return Math.min(a, b);
    default:
      return undefined;
  }
}
