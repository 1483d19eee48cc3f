import { describe, expect, it } from "vitest";

import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";
import { type Tensor, type Tensor4D, tf } from "../../src/tensor/tf.ts";

interface Corner {
  readonly name: string;
  readonly x: readonly number[];
  readonly shape: readonly number[];
  readonly apply: (x: Tensor) => Tensor;
  readonly expected: readonly number[];
}

const row = (...x: number[]) => ({ x, shape: [x.length] });
/** Gradient of the sum of what is made of x. */
const slope =
  (apply: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    tf.grad((t: Tensor) => tf.sum(apply(t)))(x);

/** What random draws do not come upon. */
const corners: readonly Corner[] = [
  {
    name: "the larger of two equal numbers lets the slope through to the first",
    ...row(1, 2),
    apply: slope((x) => tf.maximum(x, tf.tensor1d([1, 5]))),
    expected: [1, 0],
  },
  {
    name: "and to the second only what is smaller",
    ...row(1, 2),
    apply: slope((x) => tf.maximum(tf.tensor1d([1, 1]), x)),
    expected: [0, 1],
  },
  {
    name: "the smaller of two equal numbers lets the slope through to the first",
    ...row(1, 2),
    apply: slope((x) => tf.minimum(x, tf.tensor1d([1, 5]))),
    expected: [1, 1],
  },
  {
    name: "and to the second only what is larger",
    ...row(1, 2),
    apply: slope((x) => tf.minimum(tf.tensor1d([1, 5]), x)),
    expected: [0, 1],
  },
  {
    name: "an image of one pixel of a larger one, corners aligned, is its first",
    x: [1, 2, 3, 4],
    shape: [1, 2, 2, 1],
    apply: (x) => tf.image.resizeBilinear(x as Tensor4D, [1, 1], true),
    expected: [1],
  },
  {
    name: "a nearest one too",
    x: [1, 2, 3, 4],
    shape: [1, 2, 2, 1],
    apply: (x) => tf.image.resizeNearestNeighbor(x as Tensor4D, [1, 1], true),
    expected: [1],
  },
  {
    name: "all of nothing is true, any of nothing false",
    ...row(1, 2),
    apply: (x) => {
      const nothing = tf.greater(tf.slice(x, [0], [0]), 0);
      return tf.stack([tf.cast(tf.all(nothing), "float32"), tf.cast(tf.any(nothing), "float32")]);
    },
    expected: [1, 0],
  },
  {
    name: "a part whose size is left open takes what the others leave",
    ...row(1, 2, 3, 4, 5),
    apply: (x) => tf.concat([...tf.split(x, [1, -1, 2])].reverse()),
    expected: [4, 5, 2, 3, 1],
  },
  {
    name: "a line of one number is its start",
    ...row(1),
    apply: (x) => tf.mul(x, tf.linspace(3, 7, 1)),
    expected: [3],
  },
  {
    name: "a range has its last number below the stop, whatever the step leaves",
    ...row(10),
    apply: (x) => tf.add(x, tf.concat([tf.range(0, 1, 0.375), tf.range(2, 0, -1)])),
    expected: [10, 10.375, 10.75, 12, 11],
  },
  {
    name: "the first of equals is the largest, and the smallest",
    ...row(2, 5, 5, 2),
    apply: (x) => tf.cast(tf.stack([tf.argMax(x), tf.argMin(x)]), "float32"),
    expected: [1, 0],
  },
  {
    name: "what is counted as there or not is not weighed",
    ...row(0, 4, -4),
    apply: (x) => tf.denseBincount(tf.tensor1d([0, 2, 2], "int32"), x as never, 4, true),
    expected: [1, 0, 1, 0],
  },
  {
    name: "a cut that walks down to the first number gets that too",
    ...row(1, 2, 3),
    apply: (x) => tf.reverse(x),
    expected: [3, 2, 1],
  },
  {
    name: "what is reversed along no axis in particular is reversed along all",
    x: [1, 2, 3, 4],
    shape: [2, 2],
    apply: (x) => tf.reverse(x),
    expected: [4, 3, 2, 1],
  },
  {
    name: "a slice without a size goes to the end",
    ...row(1, 2, 3),
    apply: (x) => tf.concat([tf.slice(x, [1]), tf.slice(x, 2)]),
    expected: [2, 3, 3],
  },
  {
    name: "a strided slice without strides leaves nothing out",
    ...row(1, 2, 3),
    apply: (x) => tf.stridedSlice(x, [0], [2]),
    expected: [1, 2],
  },
  {
    name: "a number less nothing, and nothing less a number",
    ...row(4),
    apply: (x) => tf.concat([tf.sub(x, tf.zeros([1])), tf.sub(tf.zeros([1]), x)]),
    expected: [4, -4],
  },
  {
    name: "one through a number, and a number through one",
    ...row(4),
    apply: (x) => tf.concat([tf.div(tf.ones([1]), x), tf.div(x, tf.ones([1]))]),
    expected: [0.25, 4],
  },
  {
    name: "one to the power of a number, and a number to the power of one",
    ...row(4),
    apply: (x) => tf.concat([tf.pow(tf.ones([1]), x), tf.pow(x, tf.ones([1]))]),
    expected: [1, 4],
  },
  {
    name: "ones beside zeros stay what they are, and padding too",
    ...row(7),
    apply: (x) => tf.add(tf.pad(tf.concat([tf.ones([2]), tf.zeros([1])]), [[1, 1]]), tf.mul(x, 0)),
    expected: [0, 1, 1, 0, 0],
  },
  {
    name: "a padded stretch of one number keeps it",
    ...row(7),
    apply: (x) => tf.add(tf.pad(tf.mul(tf.ones([2]), 3), [[1, 1]]), tf.mul(x, 0)),
    expected: [0, 3, 3, 0],
  },
];

describe("corners of the kernels", () => {
  it.each(corners)("$name", async ({ name, x, shape, apply, expected }) => {
    const program = defineProgram({
      name,
      inputs: { x: float32([...shape]) },
      body: ({ x: t }) => ({ y: apply(t) }),
    });
    await using compiled = await compile(program, {});
    const { y } = await compiled.run({ x: Float32Array.from(x) });
    expect([...(y as Float32Array)].map((value) => value + 0)).toEqual([...expected]);
  });
});
