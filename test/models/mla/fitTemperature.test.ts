import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { fitTemperature } from "../../../src/models/mla/fitTemperature.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

/** Labels drawn from softmax(logits), so that T = 1 is true of them. */
function calibrated(rows: number): { logits: Float32Array; labels: Int32Array; classes: number } {
  const rng = Rng.fromSeed(3);
  const logits = rng.normalArray(rows * 4, 0, 2);
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const own = Array.from(logits.subarray(4 * row, 4 * row + 4), Math.exp);
    let left = rng.uniform() * own.reduce((sum, value) => sum + value, 0);
    return Math.max(
      own.findIndex((value) => {
        left -= value;
        return left < 0;
      }),
      0,
    );
  });
  return { logits, labels, classes: 4 };
}

describe("fitTemperature", () => {
  it("is T = 2 / ln 3 for three of four right at logits (2, 0)", () => {
    // sigmoid(2 / T) = 3/4 where the loss is least.
    const logits = Float32Array.of(2, 0, 2, 0, 2, 0, 2, 0);
    const labels = Int32Array.of(0, 0, 0, 1);
    expect(fitTemperature({ logits, labels, classes: 2 })).toBeCloseTo(2 / Math.log(3), 6);
  });

  it("finds 1 on calibrated answers and c on answers c times too sure", () => {
    const set = calibrated(4_000);
    expect(fitTemperature(set)).toBeCloseTo(1, 1);
    const loud = { ...set, logits: set.logits.map((value) => 3 * value) };
    expect(fitTemperature(loud)).toBeCloseTo(3 * fitTemperature(set), 4);
  });

  it("stays finite where all are right, and where none is", () => {
    const logits = Float32Array.of(1, 0, 1, 0);
    expect(fitTemperature({ logits, labels: Int32Array.of(0, 0), classes: 2 })).toBeCloseTo(
      0.05,
      6,
    );
    expect(fitTemperature({ logits, labels: Int32Array.of(1, 1), classes: 2 })).toBeCloseTo(20, 4);
    expect(
      fitTemperature({ logits: new Float32Array(0), labels: new Int32Array(0), classes: 2 }),
    ).toBe(1);
  });

  it("shrinks the logarithm towards 0 by N / (N + n)", () => {
    const logits = Float32Array.of(2, 0, 2, 0, 2, 0, 2, 0);
    const set = { logits, labels: Int32Array.of(0, 0, 0, 1), classes: 2 };
    expect(fitTemperature(set, { shrinkage: 4 })).toBeCloseTo(Math.sqrt(2 / Math.log(3)), 6);
  });

  it("refuses sizes that do not fit and a negative shrinkage", () => {
    const set = { logits: new Float32Array(3), labels: new Int32Array(2), classes: 2 };
    expect(() => fitTemperature(set)).toThrow(ShapeError);
    expect(() => fitTemperature(calibrated(2), { shrinkage: -1 })).toThrow(ConfigError);
  });
});
