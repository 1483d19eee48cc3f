import { expect, it } from "vitest";

import { isUsable } from "../../src/features/isUsable.ts";

it("is usable what can be squared, of either sign", () => {
  expect(isUsable(Float32Array.of(0, -0, 1e-30, 1.8e19, -1.8e19))).toBe(true);
  expect(isUsable(new Float32Array())).toBe(true);
});

it.each([Number.NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 2 ** 64, -(2 ** 64)])(
  "is not usable where one number is %d",
  (odd) => {
    expect(isUsable(Float32Array.of(1, odd, 2))).toBe(false);
  },
);
