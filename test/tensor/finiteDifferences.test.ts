import { describe, expect, it } from "vitest";

import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { type HostTensor, hostTensor } from "../../src/tensor/HostTensor.ts";
import { gelu } from "../../src/tensor/ops/gelu.ts";
import { layerNorm } from "../../src/tensor/ops/layerNorm.ts";
import { logSoftmax } from "../../src/tensor/ops/logSoftmax.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import { type Tensor, type Tensor4D, tf } from "../../src/tensor/tf.ts";

/** Central differences in float32: a step of 10⁻² and sums in float64 leave errors below 10⁻³. */
const STEP = 1e-2;
const TOLERANCE = 4e-3;

interface Case {
  readonly name: string;
  readonly x: readonly number[];
  readonly low?: number;
  readonly apply: (x: Tensor) => Tensor;
}

const cases: readonly Case[] = [
  {
    name: "an average pool with padding",
    x: [1, 5, 4, 2],
    apply: (x) => tf.avgPool(x as Tensor4D, 3, 2, "same"),
  },
  {
    name: "an average pool with its size rounded up",
    x: [1, 5, 3, 2],
    apply: (x) => tf.avgPool(x as Tensor4D, 2, 2, 0, "ceil"),
  },
  {
    name: "a bilinear resize of an image that is not square, half-pixel centres",
    x: [1, 3, 5, 2],
    apply: (x) => tf.image.resizeBilinear(x as Tensor4D, [7, 4], false, true),
  },
  {
    name: "a nearest-neighbour resize",
    x: [1, 3, 5, 2],
    apply: (x) => tf.image.resizeNearestNeighbor(x as Tensor4D, [7, 4]),
  },
  {
    name: "a product over negative axes",
    x: [2, 3, 2],
    low: 0.5,
    apply: (x) => tf.prod(x, [-1, 0]),
  },
  { name: "a running product", x: [2, 4], low: 0.5, apply: (x) => tf.cumprod(x, 1, false, true) },
  {
    name: "an exclusive running product",
    x: [3, 2],
    low: 0.5,
    apply: (x) => tf.cumprod(x, 0, true),
  },
  { name: "a running sum off the last axis", x: [3, 2, 2], apply: (x) => tf.cumsum(x, 0, true) },
  { name: "a running sum from the end", x: [2, 3], apply: (x) => tf.cumsum(x, 1, false, true) },
  { name: "tiles along two axes", x: [2, 3], apply: (x) => tf.tile(x, [2, 3]) },
  {
    name: "rows taken apart and one of them used",
    x: [2, 3, 2],
    apply: (x) => tf.add(tf.unstack(x, 1)[2] as Tensor, tf.mul(tf.unstack(x, 1)[0] as Tensor, 2)),
  },
  {
    name: "a gather off the first axis, indices twice",
    x: [2, 3],
    apply: (x) => tf.gather(x, [2, 0, 2], 1),
  },
  {
    name: "places gathered, one of them twice",
    x: [2, 3],
    apply: (x) =>
      tf.gatherND(
        x,
        tf.tensor2d(
          [
            [1, 2],
            [0, 0],
            [1, 2],
          ],
          undefined,
          "int32",
        ),
      ),
  },
  {
    name: "places scattered to",
    x: [3],
    apply: (x) => tf.scatterND(tf.tensor2d([[3], [1], [0]], undefined, "int32"), x, [4]),
  },
  ...["maximum", "minimum", "squaredDifference"].flatMap((name) => {
    const op = tf[name as "maximum"];
    const row = tf.tensor1d([0.11, -0.4, 0.63]);
    return [
      { name: `${name} of rows and one row`, x: [4, 3], apply: (x: Tensor) => op(x, row) },
      { name: `${name} of one row and rows`, x: [4, 3], apply: (x: Tensor) => op(row, x) },
      {
        name: `${name} of a column spread over a row`,
        x: [2, 1],
        apply: (x: Tensor) => tf.mul(op(x, row), op(row, x)),
      },
    ];
  }),
  ...[0, 1, 2, 3].flatMap((flags) => {
    const [left, right] = [(flags & 1) === 1, flags > 1];
    const other = tf.reshape(tf.linspace(-1, 1, 6), right ? [2, 3] : [3, 2]);
    const before = tf.reshape(tf.linspace(-1, 1, 6), left ? [3, 2] : [2, 3]);
    return [
      {
        name: `a product's left side, transposed: ${left}, ${right}`,
        x: left ? [3, 2] : [2, 3],
        apply: (x: Tensor) => tf.matMul(x, other, left, right),
      },
      {
        name: `a product's right side, transposed: ${left}, ${right}`,
        x: right ? [2, 3] : [3, 2],
        apply: (x: Tensor) => tf.matMul(before, x, left, right),
      },
    ];
  }),
  {
    name: "a batched product with a middle axis broadcast",
    x: [2, 1, 2, 3],
    apply: (x) => tf.matMul(x, tf.reshape(tf.linspace(-1, 1, 48), [2, 4, 2, 3]), true, false),
  },
  {
    name: "a dilated convolution",
    x: [1, 6, 7, 2],
    apply: (x) =>
      tf.conv2d(
        x as Tensor4D,
        tf.reshape(tf.linspace(-1, 1, 24), [3, 2, 2, 2]),
        1,
        "same",
        "NHWC",
        2,
      ),
  },
  {
    name: "a batched gather",
    x: [2, 3, 2],
    apply: (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 2, 2, 1],
            [1, 1, 0, 0],
          ],
          undefined,
          "int32",
        ),
        1,
        1,
      ),
  },
  {
    name: "an einsum with a summed letter of its own",
    x: [2, 3, 2],
    apply: (x) =>
      tf.einsum(
        "bij,bk->ik",
        x,
        tf.tensor2d([
          [1, 2],
          [3, -1],
        ]),
      ),
  },
  {
    name: "a layer norm, a softmax and a product together",
    x: [3, 4],
    apply: (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 0.1)));
      return tf.logSoftmax(tf.matMul(tf.softmax(normal), x, false, true));
    },
  },
  {
    name: "our layer norm, whose gradient is our own",
    x: [3, 4],
    apply: (x) =>
      layerNorm(x, {
        gain: tf.tensor1d([1, -2, 0.5, 3]),
        bias: tf.tensor1d([0, 1, 2, 3]),
        epsilon: 0.1,
      }),
  },
  {
    name: "our layer norm by its gain and bias",
    x: [2, 4],
    apply: (x) => {
      const [gain, bias] = tf.unstack(x);
      const rows = tf.tensor2d([
        [1, 2, -1, 0.5],
        [0, 3, 1, -2],
        [2, 2, 1, 0],
      ]);
      return layerNorm(rows, { gain: gain as Tensor, bias: bias as Tensor, epsilon: 0.1 });
    },
  },
  { name: "our gelu, whose gradient is our own", x: [3, 5], apply: (x) => gelu(tf.mul(x, 2)) },
  { name: "our logSoftmax", x: [2, 4], apply: (x) => logSoftmax(x) },
  { name: "the largest values", x: [2, 5], apply: (x) => tf.topk(x, 2).values },
];

describe("gradients against finite differences", () => {
  it.each(cases)("$name", async ({ name, x: shape, low = -1, apply }) => {
    const rng = Rng.fromSeed(11).fork(name);
    const size = sizeOfShape(shape);
    // Well apart, so that a step does not change which of two values is larger.
    const x = Float32Array.from(
      rng.shuffle(Float32Array.from({ length: size }, (_, i) => low + (2 * i) / size)),
    );
    const outputShape = tf.tidy(() => apply(tf.zeros([...shape])).shape);
    const weights = rng.normalArray(sizeOfShape(outputShape));
    const lossOf = (t: Tensor): Tensor => tf.sum(tf.mul(apply(t), tf.tensor(weights, outputShape)));

    const gradient = defineProgram({
      name,
      inputs: { x: { shape, dtype: "float32" } },
      body: ({ x: t }) => ({ gradient: tf.grad(lossOf)(t) }),
    });
    const perturbed = defineProgram({
      name: `${name}, perturbed`,
      inputs: { x: { shape: [2 * size, ...shape], dtype: "float32" } },
      body: ({ x: t }) => ({ losses: tf.stack(tf.unstack(t).map(lossOf)) }),
    });
    await using analytic = await compile(gradient);
    await using numeric = await compile(perturbed);
    const moved = new Float32Array(2 * size * size);
    for (let i = 0; i < size; i += 1)
      for (const [side, step] of [STEP, -STEP].entries()) {
        const row = (2 * i + side) * size;
        moved.set(x, row);
        moved[row + i] = (x[i] ?? 0) + step;
      }
    const host: HostTensor = hostTensor(x, shape);
    const { gradient: actual } = await analytic.run({ x: host as HostTensor<"float32"> });
    const { losses } = await numeric.run({ x: moved });
    const scale = Math.max(1, ...actual.map(Math.abs));
    for (let i = 0; i < size; i += 1) {
      const slope = ((losses[2 * i] ?? 0) - (losses[2 * i + 1] ?? 0)) / (2 * STEP);
      expect(Math.abs((actual[i] ?? Number.NaN) - slope) / scale).toBeLessThan(TOLERANCE);
    }
  });
});
