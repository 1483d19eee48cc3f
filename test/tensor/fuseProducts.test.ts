import { describe, expect, it } from "vitest";

import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../src/tensor/tf.ts";
import { traceProgram } from "../../src/tensor/trace/traceProgram.ts";

type Apply = (a: Tensor, b: Tensor, c: Tensor) => Tensor | Tensor[];

interface Case {
  readonly name: string;
  /** ONNX operations that must be left, in order. */
  readonly ops: readonly string[];
  readonly shapes: readonly [readonly number[], readonly number[], readonly number[]];
  readonly apply: Apply;
}

const product = (a: Tensor, b: Tensor): Tensor => tf.matMul(a, b);

const cases: readonly Case[] = [
  {
    name: "a bias joins its product",
    ops: ["Gemm"],
    shapes: [[4, 3], [3, 5], [5]],
    apply: (a, b, c) => tf.add(product(a, b), c),
  },
  {
    name: "a bias joins through a reshape, from either side",
    ops: ["Gemm", "Reshape"],
    shapes: [
      [4, 3],
      [3, 5],
      [1, 5],
    ],
    apply: (a, b, c) => tf.add(c, tf.reshape(product(a, b), [2, 2, 5])),
  },
  {
    name: "a factor joins its product, then a bias",
    ops: ["Gemm"],
    shapes: [[4, 3], [3, 5], [5]],
    apply: (a, b, c) => tf.add(tf.mul(product(a, b), 0.5), c),
  },
  {
    name: "two factors join their product, each from its side",
    ops: ["Gemm"],
    shapes: [[4, 3], [3, 5], [1]],
    apply: (a, b) => tf.mul(0.5, tf.mul(product(a, b), -3)),
  },
  {
    name: "a factor of a product with its bias stays outside",
    ops: ["Gemm", "Mul"],
    shapes: [[4, 3], [3, 5], [5]],
    apply: (a, b, c) => tf.mul(tf.add(product(a, b), c), 0.5),
  },
  {
    name: "a square matrix joins as a sum, in its own orientation",
    ops: ["Gemm"],
    shapes: [
      [3, 3],
      [3, 3],
      [3, 3],
    ],
    apply: (a, b, c) => tf.add(c, product(a, b)),
  },
  {
    name: "a sum of products becomes a chain",
    ops: ["Gemm", "Gemm"],
    shapes: [
      [3, 4],
      [3, 5],
      [3, 5],
    ],
    apply: (a, b, c) => tf.add(tf.matMul(a, b, true), tf.matMul(a, c, true)),
  },
  {
    name: "a factor joins a batched product with a transposed operand",
    ops: ["FusedMatMul"],
    shapes: [[2, 4, 3], [2, 5, 3], [1]],
    apply: (a, b) => tf.mul(tf.matMul(a, b, false, true), 0.25),
  },
  {
    name: "a product that something else reads stays bare",
    ops: ["Gemm", "Add"],
    shapes: [[4, 3], [3, 5], [5]],
    apply: (a, b, c) => {
      const bare = product(a, b);
      return [tf.add(bare, c), bare];
    },
  },
  {
    name: "an operand that repeats the product stays outside",
    ops: ["Gemm", "Reshape", "Add"],
    shapes: [[3, 3], [3, 2], [6]],
    apply: (a, b, c) => tf.add(tf.reshape(product(a, b), [6, 1]), c),
  },
  {
    name: "a bias per row stays outside",
    ops: ["Gemm", "Add"],
    shapes: [
      [5, 3],
      [3, 5],
      [5, 1],
    ],
    apply: (a, b, c) => tf.add(product(a, b), c),
  },
  {
    name: "a scalar bias stays outside",
    ops: ["Gemm", "Add"],
    shapes: [[4, 3], [3, 5], [1]],
    apply: (a, b, c) => tf.add(product(a, b), c),
  },
];

describe("fuseProducts", () => {
  it.each(cases)("$name, and the numbers stay", async ({ name, ops, shapes, apply }) => {
    const rng = Rng.fromSeed(4).fork(name);
    const [a, b, c] = shapes.map((shape) => ({ shape, dtype: "float32" as const }));
    if (a === undefined || b === undefined || c === undefined)
      throw new RangeError("expected three shapes");
    const program = defineProgram({
      name,
      inputs: { a, b, c },
      body: (x) => {
        const result = apply(x.a, x.b, x.c);
        const list = Array.isArray(result) ? result : [result];
        return Object.fromEntries(list.map((y, i) => [`y${i}`, y]));
      },
    });
    expect(traceProgram(program).graph.nodes.map(({ op }) => op)).toEqual(ops);
    const [x0 = [], x1 = [], x2 = []] = shapes.map((shape) => rng.normalArray(sizeOfShape(shape)));
    const feeds = { a: Float32Array.from(x0), b: Float32Array.from(x1), c: Float32Array.from(x2) };
    await using compiled = await compile(program);
    await using eager = await compile(program, { device: "tfjs" });
    const [actual, expected] = [await compiled.run(feeds), await eager.run(feeds)];
    for (const [key, reference] of Object.entries(expected))
      for (const [i, value] of [...reference].entries())
        expect(actual[key]?.[i]).toBeCloseTo(value, 5);
  });
});

describe("tracing", () => {
  it("emits equal operations once and drops neutral ones and chains", () => {
    const program = defineProgram({
      name: "redundant",
      inputs: { x: { shape: [2, 3], dtype: "float32" } },
      body: ({ x }) => {
        const a = tf.exp(tf.add(tf.mul(x as Tensor, 1), tf.zeros([2, 3])));
        const b = tf.exp(tf.reshape(tf.reshape(x as Tensor, [3, 2]), [2, 3]));
        const c = tf.transpose(tf.transpose(tf.neg(tf.neg(b))));
        return { y: tf.add(a, c) };
      },
    });
    expect(traceProgram(program).graph.nodes.map(({ op }) => op)).toEqual(["Exp", "Add"]);
  });

  it("folds what does not depend on an input, large tensors of one number included", () => {
    const program = defineProgram({
      name: "constant",
      inputs: { x: { shape: [1000], dtype: "float32" } },
      body: ({ x }) => {
        const weights = tf.softmax(tf.linspace(0, 1, 4));
        const scale = tf.mul(tf.ones([1000]), tf.sum(weights));
        return { y: tf.add(x as Tensor, tf.mul(tf.fill([1000], 2), tf.add(scale, 1))) };
      },
    });
    const { graph } = traceProgram(program);
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Add"]);
    expect(graph.constants.map(({ constant }) => constant?.kind)).toEqual(["splat"]);
  });
});
