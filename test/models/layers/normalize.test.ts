import { beforeAll, describe, expect, it } from "vitest";

import { ShapeError } from "../../../src/errors.ts";
import { batchNorm } from "../../../src/models/layers/batchNorm.ts";
import { groupNorm } from "../../../src/models/layers/groupNorm.ts";
import { swish } from "../../../src/models/layers/swish.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const values = (tensor: Tensor): number[] => [...tensor.dataSync()];
const draw = (shape: number[], seed = 1): Tensor =>
  tf.tensor(
    Rng.fromSeed(seed).normalArray(
      shape.reduce((a, b) => a * b, 1),
      2,
      3,
    ),
    shape,
  );
const fresh = { mean: tf.tensor([0, 0]), variance: tf.tensor([1, 1]) };

describe("batchNorm", () => {
  const x = draw([3, 5, 2]);

  it("gives every channel of a training batch mean 0 and variance 1, then gain and offset", () => {
    const { y } = batchNorm(x, tf.tensor([2, 1]), tf.tensor([0, 5]), fresh, "training");
    const { mean, variance } = tf.moments(tf.reshape(y, [15, 2]), 0);
    expect(values(mean)[0]).toBeCloseTo(0, 5);
    expect(values(mean)[1]).toBeCloseTo(5, 5);
    expect(values(variance)[0]).toBeCloseTo(4, 3);
    expect(values(variance)[1]).toBeCloseTo(1, 3);
  });

  it("moves running statistics a tenth of the way, the variance unbiased", () => {
    const { statistics } = batchNorm(x, tf.ones([2]), tf.zeros([2]), fresh, "training");
    const { mean, variance } = tf.moments(tf.reshape(x, [15, 2]), 0);
    values(statistics.mean).forEach((value, i) => {
      expect(value).toBeCloseTo(0.1 * (values(mean)[i] ?? 0), 5);
    });
    values(statistics.variance).forEach((value, i) => {
      expect(value).toBeCloseTo(0.9 + (0.1 * (values(variance)[i] ?? 0) * 15) / 14, 4);
    });
  });

  it("uses and keeps the running statistics at inference, whatever the batch", () => {
    const known = { mean: tf.tensor([1, -1]), variance: tf.tensor([4, 9]) };
    const { y, statistics } = batchNorm(x, tf.ones([2]), tf.zeros([2]), known, "inference");
    expect(statistics).toBe(known);
    expect(values(y)[0]).toBeCloseTo(((values(x)[0] ?? 0) - 1) / 2, 4);
    expect(values(y)[1]).toBeCloseTo(((values(x)[1] ?? 0) + 1) / 3, 4);
  });
});

describe("groupNorm", () => {
  it("normalises each group of each example by itself", () => {
    const x = draw([2, 3, 3, 4]);
    const y = groupNorm(x, tf.ones([4]), tf.zeros([4]), 2);
    const grouped = tf.reshape(y, [2, 9, 2, 2]);
    const { mean, variance } = tf.moments(grouped, [1, 3]);
    for (const value of values(mean)) expect(value).toBeCloseTo(0, 5);
    for (const value of values(variance)) expect(value).toBeCloseTo(1, 3);
    const alone = groupNorm(
      tf.slice(x, [1, 0, 0, 0], [1, 3, 3, 4]),
      tf.ones([4]),
      tf.zeros([4]),
      2,
    );
    values(alone).forEach((value, i) => {
      expect(value).toBeCloseTo(values(y)[36 + i] ?? Number.NaN, 5);
    });
  });

  it("refuses groups that do not divide the channels", () => {
    expect(() => groupNorm(draw([1, 2, 4]), tf.ones([4]), tf.zeros([4]), 3)).toThrow(ShapeError);
  });
});

describe("swish", () => {
  it("has the values and the slope of x · sigmoid(x)", () => {
    const x = tf.tensor([-3, -0.5, 0, 0.5, 4]);
    const plain = (t: Tensor): Tensor => tf.mul(t, tf.sigmoid(t));
    values(swish(x)).forEach((value, i) => {
      expect(value).toBeCloseTo(values(plain(x))[i] ?? Number.NaN, 6);
    });
    const [ours, theirs] = [swish, plain].map((f) => values(tf.grad((t) => tf.sum(f(t)))(x)));
    ours?.forEach((value, i) => void expect(value).toBeCloseTo(theirs?.[i] ?? Number.NaN, 6));
  });
});
