import { float } from "../graph/attributes.ts";
import type { BinaryOp, CompareOp } from "../graph/elementwise.ts";
import { binary, cast, compare, scalarLike, unary, where } from "../graph/elementwise.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import type { KernelCall, KernelMapping, KernelTable } from "../trace/KernelCall.ts";

/** Kernels that are one float32 ONNX node of one operand. */
const unaryNodes = {
  Acos: "Acos",
  Acosh: "Acosh",
  Asin: "Asin",
  Asinh: "Asinh",
  Atan: "Atan",
  Atanh: "Atanh",
  Ceil: "Ceil",
  Cos: "Cos",
  Cosh: "Cosh",
  Elu: "Elu",
  Erf: "Erf",
  Exp: "Exp",
  Floor: "Floor",
  Log: "Log",
  Reciprocal: "Reciprocal",
  Round: "Round",
  Sigmoid: "Sigmoid",
  Sin: "Sin",
  Sinh: "Sinh",
  Softplus: "Softplus",
  Sqrt: "Sqrt",
  Tan: "Tan",
  Tanh: "Tanh",
} as const;

const binaryNodes = {
  Add: "Add",
  Sub: "Sub",
  Multiply: "Mul",
  Maximum: "Max",
  Minimum: "Min",
  Pow: "Pow",
} as const satisfies { readonly [kernel: string]: BinaryOp };

const compareNodes = {
  Equal: "Equal",
  Greater: "Greater",
  GreaterEqual: "GreaterOrEqual",
  Less: "Less",
  LessEqual: "LessOrEqual",
} as const satisfies { readonly [kernel: string]: CompareOp };

const logicNodes = { LogicalAnd: "And", LogicalOr: "Or" } as const;

/** Elementwise arithmetic, activations, comparisons and logic. */
export const elementwiseKernels: KernelTable = {
  ...mapEach(
    unaryNodes,
    (op) =>
      ({ graph, operands: [x] }) =>
        unary(graph, op, float32(graph, x)),
  ),
  ...mapEach(
    binaryNodes,
    (op) =>
      ({ graph, operands: [a, b] }) =>
        arithmetic(graph, op, operand(a), operand(b)),
  ),
  ...mapEach(
    compareNodes,
    (op) =>
      ({ graph, operands: [a, b] }) =>
        compare(graph, op, comparable(graph, op, a), comparable(graph, op, b)),
  ),
  ...mapEach(
    logicNodes,
    (op) =>
      ({ graph, operands: [a, b] }) =>
        binary(graph, op, cast(graph, operand(a), "bool"), cast(graph, operand(b), "bool")),
  ),
  NotEqual: ({ graph, operands: [a, b] }) =>
    unary(
      graph,
      "Not",
      compare(graph, "Equal", comparable(graph, "Equal", a), comparable(graph, "Equal", b)),
    ),
  LogicalNot: ({ graph, operands: [x] }) => unary(graph, "Not", cast(graph, operand(x), "bool")),
  LogicalXor: ({ graph, operands: [a, b] }) =>
    binary(graph, "Xor", cast(graph, operand(a), "bool"), cast(graph, operand(b), "bool")),
  Abs: ({ graph, operands: [x] }) => unary(graph, "Abs", operand(x)),
  Neg: ({ graph, operands: [x] }) => {
    const value = operand(x);
    return value.node?.op === "Neg" && value.node.inputs[0] !== undefined
      ? value.node.inputs[0]
      : unary(graph, "Neg", value);
  },
  Sign: ({ graph, operands: [x] }) => unary(graph, "Sign", operand(x)),
  IsNan: ({ graph, operands: [x] }) =>
    graph.node("IsNaN", [float32(graph, x)], { shape: operand(x).shape, type: "bool" }),
  IsInf: ({ graph, operands: [x] }) =>
    graph.node("IsInf", [float32(graph, x)], { shape: operand(x).shape, type: "bool" }),
  IsFinite: ({ graph, operands: [x] }) => {
    const value = float32(graph, x);
    // x − x is 0 for finite numbers and NaN for infinities and NaN.
    return compare(
      graph,
      "Equal",
      binary(graph, "Sub", value, value),
      graph.splat(0, [], "float32"),
    );
  },
  Square: ({ graph, operands: [x] }) => binary(graph, "Mul", operand(x), operand(x)),
  SquaredDifference: ({ graph, operands: [a, b] }) => {
    const difference = binary(graph, "Sub", operand(a), operand(b));
    return binary(graph, "Mul", difference, difference);
  },
  Rsqrt: ({ graph, operands: [x] }) =>
    unary(graph, "Reciprocal", unary(graph, "Sqrt", float32(graph, x))),
  RealDiv: ({ graph, operands: [a, b] }) => divide(graph, float32(graph, a), float32(graph, b)),
  FloorDiv: ({ graph, operands: [a, b] }) => {
    const quotient = unary(
      graph,
      "Floor",
      binary(graph, "Div", float32(graph, a), float32(graph, b)),
    );
    // tfjs declares the result int32 whatever the operands are.
    return cast(graph, quotient, "int32");
  },
  Mod: ({ graph, operands: [a, b] }) => floorMod(graph, operand(a), operand(b)),
  Atan2: ({ graph, operands: [a, b] }) => atan2(graph, float32(graph, a), float32(graph, b)),
  BitwiseAnd: ({ graph, operands: [a, b] }) =>
    graph.node(
      "BitwiseAnd",
      [operand(a), operand(b)],
      broadcastLike(graph, operand(a), operand(b)),
    ),
  Relu: ({ graph, operands: [x] }) => unary(graph, "Relu", operand(x)),
  Relu6: ({ graph, operands: [x] }) => clip(graph, operand(x), 0, 6),
  ClipByValue: (call) =>
    clip(call.graph, call.input("x"), call.number("clipValueMin"), call.number("clipValueMax")),
  LeakyRelu: (call) => {
    const x = float32(call.graph, call.input("x"));
    return call.graph.node("LeakyRelu", [x], x, { alpha: float(call.number("alpha")) });
  },
  Prelu: ({ graph, operands: [x, alpha] }) => {
    const [value, slope] = [operand(x), operand(alpha)];
    const zero = scalarLike(graph, 0, value);
    return binary(
      graph,
      "Add",
      binary(graph, "Max", value, zero),
      binary(graph, "Mul", slope, binary(graph, "Min", value, zero)),
    );
  },
  Selu: ({ graph, operands: [x] }) => unary(graph, "Selu", float32(graph, x)),
  EluGrad: (call) => {
    const { graph } = call;
    const [dy, y] = [call.input("dy"), call.input("y")];
    const one = graph.splat(1, [], "float32");
    const slope = binary(graph, "Min", binary(graph, "Add", y, one), one);
    return binary(graph, "Mul", dy, slope);
  },
  Step: (call) => step(call),
  Expm1: ({ graph, operands: [x] }) => expm1(graph, float32(graph, x)),
  Log1p: ({ graph, operands: [x] }) => log1p(graph, float32(graph, x)),
  Select: (call) => select(call),
  Cast: (call) => {
    const dtype = call.text("dtype");
    if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
      throw unsupportedDtype(call, dtype);
    return cast(call.graph, call.input("x"), dtype);
  },
  AddN: ({ graph, operands }) => operands.reduce((sum, value) => binary(graph, "Add", sum, value)),
};

function unsupportedDtype(call: KernelCall, dtype: string): RangeError {
  return new RangeError(`${call.kernel}: expected float32, int32 or bool, got ${dtype}`);
}

function mapEach<T extends string>(
  table: { readonly [kernel: string]: T },
  toMapping: (op: T) => KernelMapping,
): KernelTable {
  return Object.fromEntries(Object.entries(table).map(([kernel, op]) => [kernel, toMapping(op)]));
}

function operand(value: GraphValue | undefined): GraphValue {
  if (value === undefined) throw new RangeError("kernel: expected an operand, got none");
  return value;
}

function float32(graph: GraphBuilder, value: GraphValue | undefined): GraphValue {
  return cast(graph, operand(value), "float32");
}

// ONNX compares order on numbers only, and ORT's Equal knows bool.
function comparable(graph: GraphBuilder, op: CompareOp, value: GraphValue | undefined): GraphValue {
  const x = operand(value);
  return x.type === "bool" && op !== "Equal" ? cast(graph, x, "int32") : x;
}

function arithmetic(graph: GraphBuilder, op: BinaryOp, a: GraphValue, b: GraphValue): GraphValue {
  if (a.type !== "bool") return binary(graph, op, a, b);
  return cast(graph, binary(graph, op, cast(graph, a, "int32"), cast(graph, b, "int32")), "bool");
}

function divide(graph: GraphBuilder, a: GraphValue, b: GraphValue): GraphValue {
  return binary(graph, "Div", a, b);
}

function broadcastLike(
  graph: GraphBuilder,
  a: GraphValue,
  b: GraphValue,
): { readonly shape: readonly number[]; readonly type: "int32" } {
  return { shape: binary(graph, "Add", a, b).shape, type: "int32" };
}

function clip(graph: GraphBuilder, x: GraphValue, low: number, high: number): GraphValue {
  return graph.node("Clip", [x, scalarLike(graph, low, x), scalarLike(graph, high, x)], x);
}

/** Remainder with the sign of the divisor, as Python and tfjs have it; ONNX's float form is C's. */
function floorMod(graph: GraphBuilder, a: GraphValue, b: GraphValue): GraphValue {
  const like = binary(graph, "Max", a, b);
  const shaped = { shape: like.shape, type: a.type };
  if (a.type === "int32")
    return graph.node("Mod", [a, b], shaped, { fmod: { kind: "int", value: 0 } });
  const remainder = graph.node("Mod", [a, b], shaped, { fmod: { kind: "int", value: 1 } });
  const zero = scalarLike(graph, 0, a);
  const isOff = binary(
    graph,
    "And",
    unary(graph, "Not", compare(graph, "Equal", remainder, zero)),
    binary(graph, "Xor", compare(graph, "Less", remainder, zero), compare(graph, "Less", b, zero)),
  );
  return where(graph, isOff, binary(graph, "Add", remainder, b), remainder);
}

/** atan2(y, x) from atan: the half plane x < 0 is moved by ±π, the axis x = 0 given by sign(y)·π/2. */
function atan2(graph: GraphBuilder, y: GraphValue, x: GraphValue): GraphValue {
  const zero = graph.splat(0, [], "float32");
  const isOnAxis = compare(graph, "Equal", x, zero);
  const safeX = where(graph, isOnAxis, graph.splat(1, [], "float32"), x);
  const angle = unary(graph, "Atan", binary(graph, "Div", y, safeX));
  const isBelow = compare(graph, "Less", y, zero);
  const turn = where(
    graph,
    isBelow,
    graph.splat(-Math.PI, [], "float32"),
    graph.splat(Math.PI, [], "float32"),
  );
  const shift = where(graph, compare(graph, "Less", x, zero), turn, zero);
  const offAxis = binary(graph, "Add", angle, shift);
  const half = binary(
    graph,
    "Mul",
    unary(graph, "Sign", y),
    graph.splat(Math.PI / 2, [], "float32"),
  );
  return where(graph, isOnAxis, half, offAxis);
}

/** 1 where x > 0, alpha elsewhere; NaN is not > 0 (tfjs gives NaN there, which costs a pass more). */
function step(call: KernelCall): GraphValue {
  const { graph } = call;
  const x = call.input("x");
  const alpha = call.number("alpha", 0);
  const positive = compare(
    graph,
    "Greater",
    comparable(graph, "Greater", x),
    scalarLike(graph, 0, x),
  );
  if (alpha === 0) return cast(graph, positive, x.type);
  return where(graph, positive, scalarLike(graph, 1, x), scalarLike(graph, alpha, x));
}

/** exp(x) − 1 without cancellation near 0: 2·sinh(x/2)·exp(x/2) there. */
function expm1(graph: GraphBuilder, x: GraphValue): GraphValue {
  const half = binary(graph, "Mul", x, graph.splat(0.5, [], "float32"));
  const near = binary(
    graph,
    "Mul",
    binary(graph, "Mul", unary(graph, "Sinh", half), unary(graph, "Exp", half)),
    graph.splat(2, [], "float32"),
  );
  const one = graph.splat(1, [], "float32");
  const far = binary(graph, "Sub", unary(graph, "Exp", x), one);
  return where(graph, compare(graph, "Less", unary(graph, "Abs", x), one), near, far);
}

/** log(1 + x) without the rounding of 1 + x: log(u)·x/(u − 1) with u = 1 + x (Goldberg 1991, th. 4). */
function log1p(graph: GraphBuilder, x: GraphValue): GraphValue {
  const one = graph.splat(1, [], "float32");
  const u = binary(graph, "Add", x, one);
  const gap = binary(graph, "Sub", u, one);
  const isTiny = compare(graph, "Equal", gap, graph.splat(0, [], "float32"));
  const ratio = binary(graph, "Div", x, where(graph, isTiny, one, gap));
  const isNear = compare(graph, "Less", unary(graph, "Abs", x), one);
  const log = unary(graph, "Log", u);
  const corrected = where(graph, isNear, binary(graph, "Mul", log, ratio), log);
  return where(graph, isTiny, x, corrected);
}

/** tf.where: a condition of rank 1 picks whole rows of operands of higher rank. */
function select(call: KernelCall): GraphValue {
  const { graph } = call;
  const [condition, t, e] = [call.input("condition"), call.input("t"), call.input("e")];
  const rows =
    condition.shape.length === 1 && t.shape.length > 1
      ? graph.node(
          "Reshape",
          [condition, graph.indices([condition.shape[0] ?? 0, ...t.shape.slice(1).map(() => 1)])],
          { shape: [condition.shape[0] ?? 0, ...t.shape.slice(1).map(() => 1)], type: "bool" },
          { allowzero: { kind: "int", value: 1 } },
        )
      : condition;
  return where(graph, cast(graph, rows, "bool"), t, e);
}
