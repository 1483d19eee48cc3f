import { describe, expect, it } from "vitest";

import { ShapeError } from "../../src/errors.ts";
import { expectShape } from "../../src/tensor/expectShape.ts";

const shaped = (...shape: number[]) => ({ shape });

describe("expectShape", () => {
  it("gives the sizes of named and fixed dimensions", () => {
    const [B, three, D] = expectShape("f", ["B", 3, "D"], shaped(2, 3, 5), shaped(2, 3, 5));
    expect([B, three, D]).toEqual([2, 3, 5]);
  });

  it("holds one name to one size, within a tensor and across tensors", () => {
    expect(() => expectShape("f", ["N", "N"], shaped(2, 3))).toThrow(
      "f: expected shape [N, N] with N=2, got [2, 3]",
    );
    expect(() => expectShape("f", ["B", "D"], shaped(2, 3), shaped(4, 3))).toThrow(
      "f: expected shape [B, D] with B=2 D=3 for tensor 2 of 2, got [4, 3]",
    );
  });

  it("refuses another rank and another fixed size", () => {
    expect(() => expectShape("f", ["B"], shaped(2, 3))).toThrow(ShapeError);
    expect(() => expectShape("f", [4], shaped(5))).toThrow("expected shape [4], got [5]");
  });
});
