import { beforeAll, describe, expect, it } from "vitest";

import { ShapeError } from "../../../src/errors.ts";
import { initCodebook } from "../../../src/models/codebook/CodebookState.ts";
import { commitment } from "../../../src/models/codebook/commitment.ts";
import { codeDistances, nearestCode } from "../../../src/models/codebook/nearestCode.ts";
import { reseedDeadCodes } from "../../../src/models/codebook/reseedDeadCodes.ts";
import { updateCodebook } from "../../../src/models/codebook/updateCodebook.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const random = (seed: number, shape: number[]): Tensor =>
  tf.tensor(
    Rng.fromSeed(seed).normalArray(shape.reduce((product, side) => product * side, 1)),
    shape,
  );

describe("nearestCode", () => {
  it("finds every code by itself", () => {
    const codes = random(1, [7, 4]);
    expect([...nearestCode(codes, codes).dataSync()]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("agrees with distances computed one by one", () => {
    const [z, codes] = [random(2, [5, 3]), random(3, [6, 3])];
    const distances = codeDistances(z, codes).arraySync() as number[][];
    const [rows, columns] = [z.arraySync() as number[][], codes.arraySync() as number[][]];
    for (const [n, row] of rows.entries())
      for (const [k, code] of columns.entries())
        expect(distances[n]?.[k]).toBeCloseTo(
          row.reduce((sum, value, d) => sum + (value - (code[d] ?? 0)) ** 2, 0),
          4,
        );
    expect([...nearestCode(z, codes).dataSync()]).toEqual(
      distances.map((row) => row.indexOf(Math.min(...row))),
    );
  });

  it("refuses vectors of another length than the codes", () => {
    expect(() => codeDistances(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow(ShapeError);
  });
});

describe("commitment", () => {
  const weights = { own: 0.5, cross: 0.25 };

  it("is 0 with no gradient where the vector sits on both codes", () => {
    const z = random(4, [3, 2]);
    const one = tf.ones([3]);
    const loss = (x: Tensor): Tensor => commitment(x, z, z, one, one, weights);
    expect(loss(z).dataSync()[0]).toBe(0);
    expect([...tf.grad(loss)(z).dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("weighs the own code twice the partner's and has gradient 2 w (z - e) / (N D)", () => {
    const z = tf.tensor([[1, 0]]);
    const [own, partner] = [tf.tensor([[0, 0]]), tf.tensor([[1, 2]])];
    const one = tf.ones([1]);
    const loss = (x: Tensor): Tensor => commitment(x, own, partner, one, one, weights);
    // 0.5 · 1/2 + 0.25 · 4/2
    expect(loss(z).dataSync()[0]).toBeCloseTo(0.75, 6);
    const gradient = [...tf.grad(loss)(z).dataSync()];
    expect(gradient[0]).toBeCloseTo(0.5, 6);
    expect(gradient[1]).toBeCloseTo(-0.5, 6);
  });

  it("leaves rows of weight 0 out", () => {
    const z = tf.tensor([[1], [100]]);
    const zero = tf.zeros([2, 1]);
    const first = tf.tensor([1, 0]);
    expect(commitment(z, zero, zero, first, first, weights).dataSync()[0]).toBeCloseTo(0.75, 6);
  });
});

describe("reseedDeadCodes", () => {
  it("seeds a new codebook from data in full, and each code survives the next update", () => {
    const fresh = initCodebook(3, 2);
    const state = {
      codes: tf.tensor(fresh.codes.data, [3, 2]),
      counts: tf.tensor(fresh.counts.data),
      sums: tf.tensor(fresh.sums.data, [3, 2]),
      idle: tf.tensor(fresh.idle.data),
    };
    const candidates = random(6, [3, 2]);
    const seeded = reseedDeadCodes(state, candidates, { idleLimit: 50 });
    expect([...seeded.codes.dataSync()]).toEqual([...candidates.dataSync()]);
    const nobody = {
      z: tf.zeros([1, 2]),
      index: tf.tensor([0], [1], "int32"),
      partner: tf.zeros([1, 2]),
      paired: tf.zeros([1]),
    };
    const later = updateCodebook(seeded, [nobody], { decay: 0.99 });
    for (const [i, value] of later.codes.dataSync().entries())
      expect(value).toBeCloseTo(candidates.dataSync()[i] ?? Number.NaN, 5);
  });

  it("touches dead codes alone", () => {
    const state = {
      codes: tf.tensor([[1], [2]]),
      counts: tf.tensor([3, 3]),
      sums: tf.tensor([[3], [6]]),
      idle: tf.tensor([50, 51]),
    };
    const reborn = reseedDeadCodes(state, tf.tensor([[7], [8]]), { idleLimit: 50, count: 2 });
    expect([...reborn.codes.dataSync()]).toEqual([1, 8]);
    expect([...reborn.counts.dataSync()]).toEqual([3, 2]);
    expect([...reborn.sums.dataSync()]).toEqual([3, 16]);
    expect([...reborn.idle.dataSync()]).toEqual([50, 0]);
  });
});
