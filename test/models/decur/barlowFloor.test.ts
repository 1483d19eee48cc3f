import { expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { barlowFloor } from "../../../src/models/decur/barlowFloor.ts";

// methods/decur-imlrs.md, section 1.6.
it.each([
  [256, 8192, 1122, 0.863],
  [128, 8192, 2004, 0.755],
  [2048, 8192, 123.5, 0.985],
  [256, 512, 2.62, 0.995],
  [64, 256, 3.94, 0.985],
  [256, 128, 0, 1],
])("puts the floor of batch %i and K = %i where the notes have it", (B, K, loss, diagonal) => {
  const floor = barlowFloor(K, B);
  expect(Math.abs(floor.loss - loss)).toBeLessThan(Math.max(0.001 * loss, 0.005));
  expect(floor.diagonal).toBeCloseTo(diagonal, 3);
});

it("refuses a batch of one", () => {
  expect(() => barlowFloor(8, 1)).toThrow(ConfigError);
});
