import { beforeAll, describe, expect, it } from "vitest";

import { eventLoss } from "../../../src/models/unified/eventLoss.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Classes: silence, one, two, three. */
const [C, T] = [4, 5];

function lossOf(logits: number[][], labels: number[], weights = labels.map(() => 1)): number {
  return (
    eventLoss(
      tf.tensor2d(logits),
      tf.oneHot(tf.tensor1d(labels, "int32"), C) as Tensor,
      tf.tensor1d(weights),
      [labels.length / T, T],
    ).dataSync()[0] ?? Number.NaN
  );
}

const undecided = [0, 0, 0, 0];

describe("eventLoss", () => {
  it("asks one answer of all rows of an event: the softmax of their mean log-probability", () => {
    const rows = [undecided, undecided, [0, 0, 3, 0], [0, 0, 6, 0], undecided];
    // Of log-probabilities without silence the means differ by (3 + 6) / 3 between two and the others.
    const expected = Math.log(1 + 2 * Math.exp(-3));
    expect(lossOf(rows, [0, 2, 2, 2, 0])).toBeCloseTo(expected, 5);
  });

  it("does not mind how much falls on silence, which is not scored", () => {
    const rows = [undecided, undecided, [0, 0, 3, 0], [0, 0, 6, 0], undecided];
    const silent = rows.map(([, ...rest], row) => [row * 7, ...rest]);
    expect(lossOf(silent, [0, 2, 2, 2, 0])).toBeCloseTo(lossOf(rows, [0, 2, 2, 2, 0]), 5);
  });

  it("counts every stretch's events apart, by their rows, and leaves out rows without weight", () => {
    const sure = [0, 9, 0, 0];
    const [right, wrong] = [Math.log(1 + 2 * Math.exp(-9)), 9 + Math.log(1 + 2 * Math.exp(-9))];
    const rows = Array.from({ length: 2 * T }, () => sure);
    const labels = [1, 1, 1, 1, 1, 0, 0, 3, 3, 3];
    expect(lossOf(rows, labels)).toBeCloseTo((5 * right + 3 * wrong) / 8, 4);
    const weights = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0];
    expect(lossOf(rows, labels, weights)).toBeCloseTo(right, 4);
  });

  it("is nothing where there is no event", () => {
    expect(lossOf([undecided, undecided, undecided, undecided, undecided], [0, 0, 0, 0, 0])).toBe(
      0,
    );
  });
});
