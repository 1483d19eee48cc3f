import { beforeAll, describe, expect, it } from "vitest";

import { fuse, subsetMasks } from "../../../src/models/unified/fuse.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const CLASSES = 4;
const options = { sharpness: 2, smoothingRows: 4 };
const subsets = subsetMasks(2);
const logs = (rows: readonly (readonly number[])[]): Tensor =>
  tf.log(tf.tensor2d(rows.map((row) => [...row])));
const rowsOf = (tensor: Tensor): number[][] => tensor.arraySync() as number[][];

/** Undecided between two of four classes, and between all. */
const streams = [
  [0.5, 0.5, 1e-12, 1e-12],
  [0.25, 0.25, 0.25, 0.25],
];
const joint = [
  [0.7, 0.1, 0.1, 0.1],
  [0.1, 0.7, 0.1, 0.1],
  [0.1, 0.1, 0.7, 0.1],
];
const fused = (present: readonly number[], entropy: readonly number[] = [0.25, 0.5]) =>
  fuse(
    logs(streams),
    logs(joint),
    tf.tensor1d([...present]),
    tf.tensor1d([...entropy]),
    tf.tensor2d(subsets),
    options,
  );

describe("the fusion of two streams, by hand", () => {
  const share = 1 - Math.exp(-1 / 4);
  // Normalised entropies: log 2 / log 4 and 1.
  const H = [0.25 + (0.5 - 0.25) * share, 0.5 + (1 - 0.5) * share];
  const raw = H.map((h) => Math.exp(-2 * h));
  const total = (raw[0] ?? 0) + (raw[1] ?? 0);

  it("smooths normalised entropies and shares by their exponential", () => {
    const { entropy, weights } = fused([1, 1]);
    for (const [at, h] of [...entropy.dataSync()].entries()) expect(h).toBeCloseTo(H[at] ?? 0, 5);
    const [own, other, both = []] = rowsOf(weights);
    expect([own, other]).toEqual([
      [1, 0],
      [0, 1],
    ]);
    for (const [at, weight] of both.entries())
      expect(weight).toBeCloseTo((raw[at] ?? 0) / total, 5);
  });

  it("takes half of the streams' weighed answers and half of the joint's", () => {
    const mixed = Array.from({ length: CLASSES }, (_, c) => {
      const late = raw.reduce(
        (sum, weight, m) => sum + (weight / total) * Math.log(streams[m]?.[c] ?? 0),
        0,
      );
      return Math.exp(late / 2 + Math.log(joint[2]?.[c] ?? 0) / 2);
    });
    const mass = mixed.reduce((sum, p) => sum + p, 0);
    const both = rowsOf(fused([1, 1]).logProbabilities)[2] ?? [];
    for (const [c, log] of both.entries())
      expect(log).toBeCloseTo(Math.log((mixed[c] ?? 0) / mass), 4);
  });

  it("leaves the entropy of who is absent as it was", () => {
    const [present, absent] = fused([1, 0]).entropy.dataSync();
    expect(present).toBeCloseTo(H[0] ?? 0, 5);
    expect(absent).toBe(0.5);
  });

  it("is finite where nothing is present", () => {
    const { logProbabilities, weights } = fused([0, 0]);
    expect([...logProbabilities.dataSync()].every(Number.isFinite)).toBe(true);
    expect([...weights.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
