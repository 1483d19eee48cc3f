import type { Tensor } from "../../../src/tensor/tf.ts";
import { tf } from "../../../src/tensor/tf.ts";
import { isTracing } from "../../../src/tensor/trace/TraceBackend.ts";
import {
  drawBroadcast,
  drawShape,
  floats,
  integers,
  type KernelCase,
  truths,
} from "./KernelCase.ts";

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

/** A case's name starts with its kernel's. */
function kernelOf(name: string): string {
  return name.split(" ")[0] ?? name;
}

function unary(
  name: string,
  apply: Unary,
  [low, high]: [number, number] = [-2, 2],
  valueOnly = false,
): KernelCase {
  return {
    name,
    kernels: [kernelOf(name)],
    valueOnly,
    draw: (rng) => ({ operands: [floats(rng, drawShape(rng), low, high)], apply }),
  };
}

function binary(
  name: string,
  apply: Binary,
  options: { a?: [number, number]; b?: [number, number]; valueOnly?: boolean } = {},
): KernelCase {
  const { a = [-2, 2], b = [-2, 2], valueOnly = false } = options;
  return {
    name,
    kernels: [kernelOf(name)],
    valueOnly,
    draw: (rng) => {
      const [left, right] = drawBroadcast(rng);
      return { operands: [floats(rng, left, ...a), floats(rng, right, ...b)], apply };
    },
  };
}

function integerBinary(kernel: string, apply: Binary, low = -9, high = 10): KernelCase {
  return {
    name: `${kernel} of int32`,
    kernels: [kernel],
    valueOnly: true,
    draw: (rng) => {
      const [left, right] = drawBroadcast(rng);
      return { operands: [integers(rng, left, low, high), integers(rng, right, low, high)], apply };
    },
  };
}

function compare(kernel: string, apply: Binary): KernelCase {
  return {
    name: kernel,
    kernels: [kernel],
    valueOnly: true,
    draw: (rng) => {
      const [left, right] = drawBroadcast(rng);
      // Whole numbers as floats: equality must happen.
      const whole = (shape: number[]) => {
        const { data } = integers(rng, shape, -2, 3);
        return { dtype: "float32", shape, data: Float32Array.from(data) } as const;
      };
      return { operands: [whole(left), whole(right)], apply };
    },
  };
}

function logic(kernel: string, apply: Binary): KernelCase {
  return {
    name: kernel,
    kernels: [kernel],
    valueOnly: true,
    draw: (rng) => {
      const [left, right] = drawBroadcast(rng);
      return { operands: [truths(rng, left), truths(rng, right)], apply };
    },
  };
}

const special = Float32Array.of(Number.NaN, Infinity, -Infinity, 0, 1.5, -2);

export const elementwiseCases: readonly KernelCase[] = [
  unary("Abs", (x) => tf.abs(x)),
  unary("Acos", (x) => tf.acos(x), [-0.9, 0.9]),
  unary("Acosh", (x) => tf.acosh(x), [1.1, 4]),
  unary("Asin", (x) => tf.asin(x), [-0.9, 0.9]),
  unary("Asinh", (x) => tf.asinh(x)),
  unary("Atan", (x) => tf.atan(x)),
  unary("Atanh", (x) => tf.atanh(x), [-0.9, 0.9]),
  unary("Ceil", (x) => tf.ceil(x)),
  unary("ClipByValue", (x) => tf.clipByValue(x, -0.7, 0.9)),
  unary("Cos", (x) => tf.cos(x)),
  unary("Cosh", (x) => tf.cosh(x)),
  unary("Elu", (x) => tf.elu(x)),
  unary("Erf", (x) => tf.erf(x)),
  unary("Exp", (x) => tf.exp(x)),
  unary("Expm1", (x) => tf.expm1(x), [-3, 3]),
  unary("Floor", (x) => tf.floor(x)),
  unary("LeakyRelu", (x) => tf.leakyRelu(x, 0.3)),
  unary("Log", (x) => tf.log(x), [0.1, 4]),
  unary("Log1p", (x) => tf.log1p(x), [-0.5, 3]),
  unary("Neg", (x) => tf.neg(x)),
  unary("Reciprocal", (x) => tf.reciprocal(x), [0.3, 3]),
  unary("Relu", (x) => tf.relu(x)),
  unary("Relu6", (x) => tf.relu6(x), [-4, 9]),
  unary("Round", (x) => tf.round(x)),
  unary("Rsqrt", (x) => tf.rsqrt(x), [0.2, 4]),
  unary("Selu", (x) => tf.selu(x)),
  // Further out 1 − σ, and with it the gradient, has few digits left in float32 on either side.
  unary("Sigmoid", (x) => tf.sigmoid(x), [-4, 4]),
  unary("Sign", (x) => tf.sign(x)),
  unary("Sin", (x) => tf.sin(x)),
  unary("Sinh", (x) => tf.sinh(x)),
  unary("Softplus", (x) => tf.softplus(x), [-6, 6]),
  unary("Sqrt", (x) => tf.sqrt(x), [0.2, 4]),
  unary("Square", (x) => tf.square(x)),
  unary("Step", (x) => tf.step(x, 0.2)),
  unary("Tan", (x) => tf.tan(x), [-1.2, 1.2]),
  unary("Tanh", (x) => tf.tanh(x), [-2.5, 2.5]),
  unary("OnesLike", (x) => tf.onesLike(x), [-1, 1]),
  unary("ZerosLike", (x) => tf.zerosLike(x), [-1, 1]),
  unary("Identity", (x) => tf.clone(x)),
  unary("Cast", (x) => tf.cast(tf.cast(x, "int32"), "float32"), [-9, 9], true),
  unary("Softplus of large numbers", (x) => tf.softplus(x), [-120, 120]),
  unary("Expm1 near zero", (x) => tf.expm1(x), [-1e-4, 1e-4]),
  unary("Log1p near zero", (x) => tf.log1p(x), [-1e-4, 1e-4]),
  ...["IsNan", "IsInf", "IsFinite"].map(
    (kernel): KernelCase => ({
      name: kernel,
      kernels: [kernel],
      valueOnly: true,
      draw: () => ({
        operands: [{ dtype: "float32", shape: [6], data: special }],
        apply: (x) =>
          kernel === "IsNan" ? tf.isNaN(x) : kernel === "IsInf" ? tf.isInf(x) : tf.isFinite(x),
      }),
    }),
  ),
  binary("Add", (a, b) => tf.add(a, b)),
  binary("Sub", (a, b) => tf.sub(a, b)),
  binary("Multiply", (a, b) => tf.mul(a, b)),
  binary("RealDiv", (a, b) => tf.div(a, b), { b: [0.5, 3] }),
  binary("FloorDiv", (a, b) => tf.floorDiv(a, b), { b: [0.5, 3], valueOnly: true }),
  binary("Maximum", (a, b) => tf.maximum(a, b)),
  binary("Minimum", (a, b) => tf.minimum(a, b)),
  binary("Mod", (a, b) => tf.mod(a, b), { a: [-7, 7], b: [0.5, 3] }),
  binary("Mod by negative numbers", (a, b) => tf.mod(a, b), { a: [-7, 7], b: [-3, -0.5] }),
  binary("Pow", (a, b) => tf.pow(a, b), { a: [0.2, 3] }),
  binary("SquaredDifference", (a, b) => tf.squaredDifference(a, b)),
  binary("Atan2", (a, b) => tf.atan2(a, b)),
  binary("Prelu", (a, b) => tf.prelu(a, tf.broadcastTo(tf.mean(b), []) as Tensor)),
  integerBinary("Add", (a, b) => tf.add(a, b)),
  integerBinary("Sub", (a, b) => tf.sub(a, b)),
  integerBinary("Multiply", (a, b) => tf.mul(a, b)),
  integerBinary("Maximum", (a, b) => tf.maximum(a, b)),
  integerBinary("Minimum", (a, b) => tf.minimum(a, b)),
  integerBinary("FloorDiv", (a, b) => tf.floorDiv(a, tf.add(tf.mul(tf.abs(b), 2), 1))),
  integerBinary("Mod", (a, b) => tf.mod(a, tf.add(tf.mul(tf.abs(b), 2), 1))),
  integerBinary("Pow", (a, b) => tf.pow(a, b), 0, 5),
  integerBinary("BitwiseAnd", (a, b) =>
    tf.bitwiseAnd(tf.add(a, tf.zerosLike(b)), tf.add(b, tf.zerosLike(a))),
  ),
  compare("Equal", (a, b) => tf.equal(a, b)),
  compare("NotEqual", (a, b) => tf.notEqual(a, b)),
  compare("Greater", (a, b) => tf.greater(a, b)),
  compare("GreaterEqual", (a, b) => tf.greaterEqual(a, b)),
  compare("Less", (a, b) => tf.less(a, b)),
  compare("LessEqual", (a, b) => tf.lessEqual(a, b)),
  logic("LogicalAnd", (a, b) => tf.logicalAnd(a, b)),
  logic("LogicalOr", (a, b) => tf.logicalOr(a, b)),
  // tf.logicalXor is composed of the other three; no backend of tfjs's own has the kernel.
  logic("LogicalXor", (a, b) =>
    isTracing() ? tf.engine().runKernel("LogicalXor", { a, b }) : tf.logicalXor(a, b),
  ),
  {
    name: "LogicalNot",
    kernels: ["LogicalNot"],
    valueOnly: true,
    draw: (rng) => ({ operands: [truths(rng, drawShape(rng))], apply: (x) => tf.logicalNot(x) }),
  },
  {
    name: "Select",
    kernels: ["Select"],
    draw: (rng) => {
      const shape = drawShape(rng);
      const operands = [truths(rng, shape), floats(rng, shape), floats(rng, shape)];
      return { operands, apply: (c, a, b) => tf.where(c as Tensor, a as Tensor, b as Tensor) };
    },
  },
  {
    name: "Select with broadcasting",
    kernels: ["Select"],
    draw: (rng) => {
      const shape = drawShape(rng, 1, 3);
      const operands = [truths(rng, shape), floats(rng, shape), floats(rng, [])];
      return { operands, apply: (c, a, b) => tf.where(c as Tensor, a as Tensor, b as Tensor) };
    },
  },
  {
    name: "AddN",
    kernels: ["AddN"],
    draw: (rng) => {
      const shape = drawShape(rng);
      return {
        operands: [floats(rng, shape), floats(rng, shape), floats(rng, shape)],
        apply: (...xs) => tf.addN(xs),
      };
    },
  },
  {
    name: "EluGrad",
    kernels: ["EluGrad"],
    draw: (rng) => ({ operands: [floats(rng, drawShape(rng))], apply: (x) => tf.elu(x as Tensor) }),
  },
];
