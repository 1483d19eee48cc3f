import { beforeAll, describe, expect, it } from "vitest";

import { ShapeError } from "../../../src/errors.ts";
import { cacheRows, causalBlock, initCausalBlock } from "../../../src/models/layers/CausalBlock.ts";
import { gelu } from "../../../src/models/layers/gelu.ts";
import { initLinear, linear } from "../../../src/models/layers/Linear.ts";
import { layerNorm } from "../../../src/models/layers/layerNorm.ts";
import { unitLength } from "../../../src/models/layers/unitLength.ts";
import { crossEntropy } from "../../../src/models/losses/crossEntropy.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { onTensors } from "../../support/onTensors.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const rng = Rng.fromSeed(11);
const random = (shape: number[]): Tensor =>
  tf.tensor(rng.normalArray(shape.reduce((product, side) => product * side, 1)), shape);

describe("linear", () => {
  it("maps the last axis and keeps the others", () => {
    const params = { weight: tf.tensor([[1], [10]]), bias: tf.tensor([0.5]) };
    const y = linear(params, tf.tensor([[[1, 2]], [[3, 4]]]));
    expect(y.shape).toEqual([2, 1, 1]);
    expect([...y.dataSync()]).toEqual([21.5, 43.5]);
  });

  it("starts with a variance of gain² / in", () => {
    const { weight } = initLinear(() => rng.uniform(), 400, 50, 2);
    const power = weight.data.reduce((sum, value) => sum + value * value, 0) / weight.data.length;
    expect(power).toBeGreaterThan(0.9 * 0.01);
    expect(power).toBeLessThan(1.1 * 0.01);
  });

  it("refuses another width", () => {
    const params = { weight: tf.zeros([3, 2]), bias: tf.zeros([2]) };
    expect(() => linear(params, tf.zeros([1, 4]))).toThrow(ShapeError);
  });
});

describe("layerNorm", () => {
  it("gives every row mean 0 and norm √width, whatever its scale", () => {
    const y = layerNorm(
      { gain: tf.ones([4]), offset: tf.zeros([4]) },
      tf.tensor([
        [1, 2, 3, 5],
        [-900, 100, 20, 3],
      ]),
    ).arraySync() as number[][];
    for (const row of y) {
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
      expect(row.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(4, 3);
    }
  });
});

describe("gelu", () => {
  it("is x times the logistic function of 1.702 x", () => {
    const [zero, one, far] = gelu(tf.tensor([0, 1, -20])).dataSync();
    expect(zero).toBe(0);
    expect(one).toBeCloseTo(1 / (1 + Math.exp(-1.702)), 6);
    expect(Math.abs(far ?? 1)).toBeLessThan(1e-10);
  });

  it("has the gradient that finite differences show", () => {
    const at = [-4, -1, -0.3, 0, 0.7, 3];
    const slopes = tf.grad(gelu)(tf.tensor(at)).dataSync();
    const [above, below] = [0.01, -0.01].map((by) =>
      gelu(tf.tensor(at.map((x) => x + by))).dataSync(),
    );
    for (const [i, slope] of slopes.entries())
      expect(slope).toBeCloseTo(((above?.[i] ?? 0) - (below?.[i] ?? 0)) / 0.02, 3);
  });
});

describe("unitLength", () => {
  it("gives length 1, and 0 with a finite gradient at 0", () => {
    const y = unitLength(tf.tensor([[3, 4]])).dataSync();
    expect(y[0]).toBeCloseTo(0.6, 6);
    const slope = tf
      .grad((x: Tensor) => tf.sum(unitLength(x)))(tf.zeros([1, 2]))
      .dataSync();
    expect([...slope].every(Number.isFinite)).toBe(true);
  });
});

describe("crossEntropy", () => {
  it("is ln C for undecided logits and leaves rows of weight 0 out", () => {
    const logits = tf.tensor([
      [1, 1, 1],
      [9, 0, 0],
    ]);
    const targets = tf.tensor([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(crossEntropy(logits, targets, tf.tensor([1, 0])).dataSync()[0]).toBeCloseTo(
      Math.log(3),
      5,
    );
    expect(crossEntropy(logits, targets, tf.tensor([0, 0])).dataSync()[0]).toBe(0);
  });
});

describe("causalBlock", () => {
  const width = 5;
  const params = onTensors(initCausalBlock(() => rng.uniform(), width));

  it.each([1, 2, 4])("gives row by row what it gives for the whole, dilation %i", (dilation) => {
    const h = random([2, 9, width]);
    let cache: Tensor = tf.zeros([2, cacheRows(dilation), width]);
    const whole = causalBlock(params, h, cache, dilation).rows.arraySync() as number[][][];
    for (let row = 0; row < 9; row++) {
      const step = causalBlock(params, tf.slice(h, [0, row, 0], [2, 1, width]), cache, dilation);
      cache = step.cache;
      const now = step.rows.arraySync() as number[][][];
      for (const batch of [0, 1])
        for (let i = 0; i < width; i++)
          expect(now[batch]?.[0]?.[i]).toBeCloseTo(whole[batch]?.[row]?.[i] ?? Number.NaN, 5);
    }
  });

  it("does not look ahead, and looks back exactly two dilations", () => {
    const h = random([1, 8, width]).arraySync() as number[][][];
    const rowsOf = (input: number[][][]): number[][] =>
      (
        causalBlock(params, tf.tensor(input), tf.zeros([1, 4, width]), 2).rows.arraySync() as [
          number[][],
        ]
      )[0];
    const changed = structuredClone(h);
    changed[0]?.[3]?.fill(7);
    const [before, after] = [rowsOf(h), rowsOf(changed)];
    const moved = before.map((row, t) => row.some((value, i) => value !== after[t]?.[i]));
    expect(moved).toEqual([false, false, false, true, false, true, false, true]);
  });

  it("refuses a cache of another length", () => {
    expect(() => causalBlock(params, tf.zeros([1, 1, width]), tf.zeros([1, 3, width]), 2)).toThrow(
      ShapeError,
    );
  });
});
