import { describe, expect, it } from "vitest";

import { metricName } from "../../../../src/evaluate/Study.ts";
import type { SubsetTask } from "../../../../src/evaluate/studies/mla/SubsetTask.ts";
import { study } from "../../../../src/evaluate/studies/mla/study.ts";
import { subsetTrials } from "../../../../src/evaluate/studies/mla/subsetTrials.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";
import { memorySet } from "../../sets/memorySet.ts";

const SCHEDULE = { epochs: 1, batch: 8, peakRate: 0.01, dropout: 0 };

/** Two modalities of noise: the trials must run, not win. */
function tinyTask(): SubsetTask {
  const rng = Rng.fromSeed(1);
  const labels = Int32Array.from({ length: 24 }, (_, row) => row % 3);
  const inputs = { a: rng.normalArray(24 * 2), b: rng.normalArray(24 * 2) };
  const gather = (name: string, rows: ArrayLike<number>): Float32Array =>
    Float32Array.from(
      Array.from(rows).flatMap((row) => [
        ...inputs[name === "a" ? "a" : "b"].subarray(2 * row, 2 * row + 2),
      ]),
    );
  return {
    encoders: { a: { input: [2], layers: [] }, b: { input: [2], layers: [] } },
    classes: 3,
    source: { count: 24, labels, draw: (modality, rows) => gather(modality, rows) },
    people: Int32Array.from(labels, (_, row) => row % 2),
    plain: (rows) => ({
      labels: Int32Array.from(rows, (row) => labels[row] ?? 0),
      inputs: { a: gather("a", rows), b: gather("b", rows) },
    }),
    test: { labels, inputs },
    schedule: SCHEDULE,
    missingSchedule: SCHEDULE,
  };
}

const trials = subsetTrials({
  read: async () => tinyTask(),
  settings: {},
  config: {},
  temperatures: true,
  ablations: true,
});
const run = (variant: string): Promise<Readonly<Record<string, number>>> => {
  const trial = trials.find((each) => each.variant === variant);
  if (trial === undefined) throw new Error(`no trial ${variant}`);
  return trial.run({
    data: memorySet({}),
    split: "dev",
    seed: 1,
    threads: 1,
    progress: () => undefined,
  });
};
const RATES = [20, 40, 60, 80].map((rate) => `accuracy/all@missing${rate}`);
const SUBSETS = ["a", "b", "a+b", "all"].map((name) => `accuracy/${name}`);

describe("subsetTrials", () => {
  it.each(["", "late", "zero-fill", "all-subsets"])(
    "scores every subset and missing rate in variant '%s'",
    async (variant) => {
      const metrics = await run(variant);
      expect(Object.keys(metrics)).toEqual(expect.arrayContaining([...SUBSETS, ...RATES]));
      for (const value of Object.values(metrics)) expect(Number.isFinite(value)).toBe(true);
    },
  );

  it("tells forgetting, temperatures and the other fusion rules beside the method's own", async () => {
    expect(Object.keys(await run(""))).toEqual(
      expect.arrayContaining([
        "forgetting/b", // six steps: one measured, of a
        "temperature/a",
        "accuracy/a+b@sum",
        "accuracy/a+b@sharp",
        "accuracy/a+b@no-temperature",
      ]),
    );
  });

  it.each(["no-alternation", "hgm-paper", "hgm-leaky", "hgm-stream", "weak-first", "skip-ahead"])(
    "ablates %s on full data alone",
    async (variant) => {
      const metrics = await run(variant);
      expect(Object.keys(metrics)).toEqual(expect.arrayContaining(SUBSETS));
      expect(Object.keys(metrics)).not.toEqual(expect.arrayContaining(RATES.slice(0, 1)));
    },
  );
});

describe("study", () => {
  it("has the method first on every set, and variants of different names without commas", () => {
    for (const set of study.sets) {
      const variants = study.trials(set).map(({ variant }) => variant);
      expect(variants[0]).toBe("");
      expect(new Set(variants).size).toBe(variants.length);
      expect(variants.join("")).not.toContain(",");
      expect(study.about(set).length).toBeGreaterThan(100);
    }
  });

  it("tells from the figures where fusion falls short and whether a guard earns its place", () => {
    const figure = (mean: number) => ({ mean, std: 0.01 });
    const metrics = {
      "accuracy/fused@0dB": figure(0.95),
      "accuracy/audio@0dB": figure(0.9),
      "accuracy/lips@0dB": figure(0.97),
      [metricName("accuracy/fused@0dB", "hgm-paper")]: figure(0.9),
    };
    const verdict = study.verdict?.("grid_av", metrics) ?? "";
    expect(verdict).toContain("−2.0 points at 0dB");
    expect(verdict).toContain("hgm-paper −5.0 points (outside the spread)");
    expect(study.pictures?.("grid_av", metrics)[0]?.svg).toContain("<svg");
  });

  it("tells what adding depth costs", () => {
    const figure = (mean: number) => ({ mean, std: 0 });
    const verdict = study.verdict?.("utd_mhad", {
      "accuracy/skeleton": figure(0.9),
      "accuracy/skeleton+depth": figure(0.88),
      "accuracy/inertial": figure(0.8),
      "accuracy/inertial+depth": figure(0.9),
    });
    expect(verdict).toBe("Adding depth changes skeleton by −2.0 points at worst.");
  });
});
