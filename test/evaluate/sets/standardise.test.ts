import { describe, expect, it } from "vitest";

import { standardise } from "../../../src/evaluate/sets/standardise.ts";

/** [rows, 2], standardised by [rows, 2]. */
const standardised = (reference: readonly number[], values: readonly number[] = reference) => {
  const out = Float32Array.from(values);
  standardise(out, Float32Array.from(reference), 2);
  return [...out];
};

describe("standardise", () => {
  it("brings each column to mean 0 and deviation 1 of the reference", () => {
    expect(standardised([1, 10, 3, 30])).toEqual([-1, -1, 1, 1]);
    expect(standardised([1, 10, 3, 30], [5, 0])).toEqual([3, -2]);
  });

  it("gives 0 for a column that never varied, however it varies elsewhere", () => {
    expect(standardised([0.1, 1, 0.1, 2, 0.1, 3], [0.1, 2, 0.2, 2])).toEqual([0, 0, 0, 0]);
  });

  it("is exact far from zero and however small the unit", () => {
    expect(standardised([101_324, 2e-9, 101_326, 4e-9])).toEqual([-1, -1, 1, 1].map(closely));
  });
});

const closely = (value: number) => expect.closeTo(value, 5);
