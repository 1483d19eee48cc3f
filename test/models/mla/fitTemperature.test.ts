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

  it("is drawn towards 1 by a prior, to where loss and prior pull alike", () => {
    const logits = Float32Array.of(2, 0, 2, 0, 2, 0, 2, 0);
    const set = { logits, labels: Int32Array.of(0, 0, 0, 1), classes: 2 };
    const [free, shrunk] = [fitTemperature(set), fitTemperature(set, { shrinkage: 4 })];
    expect(shrunk).toBeGreaterThan(1);
    expect(shrunk).toBeLessThan(free);
    // d/du of Σ loss + (n/2) u², u = ln β: β (8 σ(2β) − 6) + n u.
    const beta = 1 / shrunk;
    const pull = beta * (8 / (1 + Math.exp(-2 * beta)) - 6) + 4 * Math.log(beta);
    expect(pull).toBeCloseTo(0, 6);
    expect(fitTemperature(set, { shrinkage: 1e9 })).toBeCloseTo(1, 6);
  });

  it("does not run away on a set that is all right, given a prior", () => {
    const set = { logits: Float32Array.of(3, 0, 3, 0), labels: Int32Array.of(0, 0), classes: 2 };
    const shrunk = fitTemperature(set, { shrinkage: 1 });
    expect(shrunk).toBeGreaterThan(0.7);
    expect(shrunk).toBeLessThan(1);
  });

  it("refuses sizes that do not fit and a negative shrinkage", () => {
    const set = { logits: new Float32Array(3), labels: new Int32Array(2), classes: 2 };
    expect(() => fitTemperature(set)).toThrow(ShapeError);
    expect(() => fitTemperature(calibrated(2), { shrinkage: -1 })).toThrow(ConfigError);
  });
});
