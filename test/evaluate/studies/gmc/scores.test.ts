import { describe, expect, it } from "vitest";

import { dcaScores } from "../../../../src/evaluate/studies/gmc/dcaScores.ts";
import { epochBatches } from "../../../../src/evaluate/studies/gmc/epochBatches.ts";
import { cosineRate, warmedUp } from "../../../../src/evaluate/studies/gmc/GmcTask.ts";
import { meanPool } from "../../../../src/evaluate/studies/gmc/meanPool.ts";
import { weightedF1 } from "../../../../src/evaluate/studies/gmc/opinions/weightedF1.ts";
import { retrievalAt1 } from "../../../../src/evaluate/studies/gmc/retrieval.ts";
import { accuracyOf, pairsOf } from "../../../../src/evaluate/studies/gmc/scoreSubsets.ts";
import { study } from "../../../../src/evaluate/studies/gmc/study.ts";
import { hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

describe("scores of the GMC study", () => {
  it("counts accuracy over the rows that count", () => {
    expect(accuracyOf([1, 2, 3, 4], [1, 2, 0, 0])).toBe(0.5);
    expect(accuracyOf([1, 2, 3, 4], [1, 2, 0, 0], (row) => row > 1)).toBe(0);
    expect(accuracyOf([1], [1], () => false)).toBeNaN();
    expect(pairsOf(["a", "b", "c"])).toEqual([
      ["a", "b"],
      ["a", "c"],
      ["b", "c"],
    ]);
  });

  it("lets a rate rise to its own over the first steps", () => {
    const rates = [0, 1, 3, 4, 9].map(warmedUp(() => 2, 4));
    expect(rates).toEqual([0.5, 1, 2, 2, 2]);
    const falling = cosineRate(1, 100);
    expect(warmedUp(falling, 10)(50)).toBe(falling(50));
    expect(warmedUp(falling, 0)(0)).toBe(1);
  });

  it("finds a partner by the largest inner product", () => {
    const gallery = hostTensor(Float32Array.of(1, 0, 0, 1, -1, 0), [3, 2]);
    const queries = hostTensor(Float32Array.of(0.9, 0.1, 0.8, 0.2, -1, 0), [3, 2]);
    expect(retrievalAt1(queries, gallery)).toBeCloseTo(2 / 3, 6);
  });

  it("weights F1 by what is true", () => {
    // sklearn.metrics.f1_score([0,0,0,1], [0,0,1,1], average="weighted") = 0.766667
    expect(weightedF1([0, 0, 1, 1], [0, 0, 0, 1], 2)).toBeCloseTo(0.766667, 5);
    expect(weightedF1([1, 0], [1, 0], 2)).toBe(1);
  });

  it("averages blocks of a picture", () => {
    const x = hostTensor(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [1, 2, 4, 1]);
    expect([...meanPool(x, [2, 2]).data]).toEqual([3.5, 5.5]);
    expect(() => meanPool(x, [2, 3])).toThrow(/blocks/);
  });

  it("goes through every row once an epoch, and repeats rows where they are too few", () => {
    const next = epochBatches(10, 5, Rng.fromSeed(1));
    const first = [...next(), ...next()].sort((a, b) => a - b);
    expect(first).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...next(), ...next()]).not.toEqual(first);
    expect(epochBatches(3, 8, Rng.fromSeed(1))()).toHaveLength(8);
  });

  it("compares embeddings with the joint, and one half of it with the other", () => {
    const rng = Rng.fromSeed(5);
    const sample = (shift: number) =>
      hostTensor(
        Float32Array.from(
          { length: 480 },
          (_, i) => ((i >> 1) % 3) * 9 * (1 - (i % 2)) + shift + rng.normal(0, 0.4),
        ),
        [240, 2],
      );
    const scores = dcaScores(sample(0), { near: sample(0), far: sample(500) }, 1);
    expect(Object.keys(scores)).toEqual(["dca/near", "dca/far", "dca/ceiling"]);
    expect(scores["dca/ceiling"]).toBeGreaterThan(0.6);
    expect(scores["dca/near"]).toBeGreaterThan(0.6);
    expect(scores["dca/far"]).toBe(0);
  });

  it("tries every set with names of their own, the method first and a paragraph on top", () => {
    for (const set of study.sets) {
      const variants = study.trials(set).map(({ variant }) => variant);
      expect(variants[0]).toBe("");
      expect(new Set(variants).size).toBe(variants.length);
      expect(study.about(set).length).toBeGreaterThan(200);
    }
  });
});
