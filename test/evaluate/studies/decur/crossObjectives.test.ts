import { beforeAll, describe, expect, it } from "vitest";

import {
  simclrCross,
  vicregCross,
} from "../../../../src/evaluate/studies/decur/crossObjectives.ts";
import type { EmbeddedViews } from "../../../../src/models/decur/loss.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const views = (...first: Tensor[]): EmbeddedViews[] =>
  first.map((z, i) => ({ name: `m${i}`, first: z, second: tf.zerosLike(z) }));
const numberOf = (x: Tensor): number => x.dataSync()[0] ?? Number.NaN;
const random = (seed: number): Tensor => tf.tensor(Rng.fromSeed(seed).normalArray(24), [8, 3]);

describe("simclrCross", () => {
  it("is ln(2B − 1) where all are alike, and near 0 where each pair stands apart", () => {
    const alike = tf.ones([4, 4]) as Tensor;
    expect(numberOf(simclrCross(views(alike, alike)))).toBeCloseTo(Math.log(7), 5);
    const apart = tf.eye(4) as Tensor;
    expect(numberOf(simclrCross(views(apart, apart)))).toBeCloseTo(
      Math.log(1 + 6 * Math.exp(-10)),
      5,
    );
  });

  it("is the mean over pairs of three", () => {
    const [a, b, c] = [random(1), random(2), random(3)];
    const pairs = [views(a, b), views(a, c), views(b, c)].map((pair) =>
      numberOf(simclrCross(pair)),
    );
    const mean = pairs.reduce((sum, pair) => sum + pair, 0) / 3;
    expect(numberOf(simclrCross(views(a, b, c)))).toBeCloseTo(mean, 5);
  });
});

describe("vicregCross", () => {
  it("is 0 for equal embeddings of deviation above 1 without covariance", () => {
    const z = tf.tensor2d([
      [2, 2],
      [2, -2],
      [-2, 2],
      [-2, -2],
    ]);
    expect(numberOf(vicregCross(views(z, z)))).toBeCloseTo(0, 5);
  });

  it("charges distance, collapse and covariance as written", () => {
    const flat = tf.zeros([4, 2]) as Tensor;
    expect(numberOf(vicregCross(views(flat, flat)))).toBeCloseTo(25 * 2 * (1 - Math.sqrt(1e-4)), 4);
    // Two copies of one column: cov = 4·4/3 each way, squared, over K = 2, for both modalities.
    const copies = tf.tensor2d([
      [2, 2],
      [2, 2],
      [-2, -2],
      [-2, -2],
    ]);
    expect(numberOf(vicregCross(views(copies, copies)))).toBeCloseTo(2 * (16 / 3) ** 2, 3);
    const moved = tf.add(copies, 1);
    expect(numberOf(vicregCross(views(copies, moved)))).toBeCloseTo(2 * (16 / 3) ** 2 + 25, 3);
  });
});
