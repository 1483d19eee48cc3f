import { describe, expect, it } from "vitest";

import { argMax } from "../../src/tensor/argMax.ts";

describe("argMax", () => {
  it("is the place of the largest, of equals the first", () => {
    expect(argMax([1, 3, 2])).toBe(1);
    expect(argMax(Float32Array.of(-5, -2, -2, -9))).toBe(1);
  });

  it("knows that a probability of nothing has a logarithm", () => {
    expect(argMax([-Infinity, -Infinity, -700])).toBe(2);
  });

  it("is 0 where there is nothing to choose from", () => {
    expect(argMax([])).toBe(0);
  });
});
