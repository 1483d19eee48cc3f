import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../../src/errors.ts";
import type { Examples } from "../../../../src/evaluate/Examples.ts";
import { halveDepth } from "../../../../src/evaluate/sets/halveDepth.ts";
import { configOf, subsetName } from "../../../../src/evaluate/studies/decur/DecurTask.ts";
import { encodeExamples } from "../../../../src/evaluate/studies/decur/encodeExamples.ts";
import { pretrain } from "../../../../src/evaluate/studies/decur/pretrain.ts";
import { probeSubsets } from "../../../../src/evaluate/studies/decur/probeSubsets.ts";
import { study } from "../../../../src/evaluate/studies/decur/study.ts";
import {
  drawSynthetic,
  SYNTHETIC_MODALITIES,
} from "../../../../src/evaluate/studies/decur/syntheticFactors.ts";
import { taskOf } from "../../../../src/evaluate/studies/decur/tasks.ts";
import { changed, VARIANTS } from "../../../../src/evaluate/studies/decur/variants.ts";
import { verdict } from "../../../../src/evaluate/studies/decur/verdict.ts";
import { featureSize } from "../../../../src/models/decur/config.ts";
import { initDecur } from "../../../../src/models/decur/method.ts";
import { hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

const CONFIG = {
  modalities: SYNTHETIC_MODALITIES.map(({ name, encoder }) => ({ name, encoder })),
  projector: { hidden: 16, depth: 1, dimensions: 8, isShared: false },
  loss: { common: 6 },
};

describe("the study", () => {
  it.each(study.sets.map((set) => [set]))(
    "describes every trial of %s, the method first",
    (set) => {
      const trials = study.trials(set);
      expect(trials[0]?.variant).toBe("");
      expect(new Set(trials.map(({ variant }) => variant)).size).toBe(trials.length);
      expect(new Set(trials.map(({ config }) => JSON.stringify(config))).size).toBe(trials.length);
      expect(study.about(set).length).toBeGreaterThan(100);
      if (set !== "synthetic")
        for (const wanted of ["barlow-cross", "simclr-cross", "vicreg", "random", "supervised"])
          expect(trials.map(({ variant }) => variant)).toContain(wanted);
    },
  );

  it("has networks that initialise for every variant of every real set", () => {
    for (const set of study.sets.filter((name) => name !== "synthetic")) {
      const task = taskOf(set);
      for (const variant of VARIANTS)
        expect(() => initDecur(changed(variant, configOf(task)), Rng.fromSeed(1))).not.toThrow();
    }
    expect(() => taskOf("unheard")).toThrow(ConfigError);
  });

  it("tells the difference to Barlow Twins from the means over subsets", () => {
    const of = (mean: number) => ({ mean, std: 0 });
    const text = verdict("houston2013_pixels", {
      "probe/a@labels10": of(0.6),
      "probe/b@labels10": of(0.8),
      "probe/a@labels10,barlow-cross": of(0.5),
      "probe/b@labels10,barlow-cross": of(0.7),
      "probe/a@labels100": of(0.1),
    });
    expect(text).toContain("DeCUR 0.700; barlow-cross 0.600");
    expect(text).toContain("10.0 points");
  });
});

describe("pretrain", () => {
  const { train } = drawSynthetic(1);
  const run = (seed: number) =>
    pretrain({
      config: CONFIG,
      modalities: SYNTHETIC_MODALITIES,
      schedule: { steps: 3, batch: 40, rate: 1e-3 },
      train,
      seed,
      threads: 1,
    });

  it("is a function of its seed", async () => {
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other.loss).not.toBe(first.loss);
  });

  it("refuses batches that no correlation can be taken over", async () => {
    const tooSmall = { steps: 1, batch: 16, rate: 1e-3 };
    const options = {
      config: CONFIG,
      modalities: SYNTHETIC_MODALITIES,
      train,
      seed: 1,
      threads: 1,
    };
    await expect(pretrain({ ...options, schedule: tooSmall })).rejects.toThrow(ConfigError);
  });
});

describe("probeSubsets", () => {
  it("reads a factor from features that show it, and names its metrics", async () => {
    const { train, test } = drawSynthetic(2);
    const plain = (examples: Examples) =>
      Object.fromEntries(
        Object.entries(examples.inputs).map(([name, features]) => [
          name,
          { features, embeddings: features },
        ]),
      );
    const metrics = await probeSubsets({
      train,
      test,
      encodedTrain: plain(train),
      encodedTest: plain(test),
      subsets: [["a", "b"], ["a"]],
      seed: 1,
      threads: 1,
    });
    expect(Object.keys(metrics)).toEqual(
      ["a+b", "a"].flatMap((subset) => [1, 10, 100].map((n) => `probe/${subset}@labels${n}`)),
    );
    expect(metrics["probe/a+b@labels100"]).toBeGreaterThan(0.85);
    expect(subsetName(["a", "b"])).toBe("a+b");
  }, 120_000);
});

describe("encodeExamples", () => {
  it("gives features and embeddings of every example, the last incomplete batch too", async () => {
    const { train } = drawSynthetic(3);
    const model = await pretrain({
      config: CONFIG,
      modalities: SYNTHETIC_MODALITIES,
      schedule: { steps: 0, batch: 40, rate: 1e-3 },
      train,
      seed: 1,
      threads: 1,
    });
    const { a } = await encodeExamples(model, train, 1);
    expect(a?.features.shape).toEqual([
      train.count,
      featureSize(CONFIG.modalities[0]?.encoder as never),
    ]);
    expect(a?.embeddings.shape).toEqual([train.count, 8]);
    expect(a?.features.data.subarray(-8).some((value) => value !== 0)).toBe(true);
  });
});

describe("halveDepth", () => {
  it("takes every second frame and the mean of 2 × 2 pixels, channel by channel", () => {
    const data = Float32Array.from({ length: 2 * 2 * 4 * 2 }, (_, i) => i);
    const examples: Examples = {
      count: 1,
      classes: 1,
      labels: Int32Array.of(0),
      inputs: { depth: hostTensor(data, [1, 2, 2, 4, 2]) },
    };
    const { depth } = halveDepth(examples).inputs;
    expect(depth?.shape).toEqual([1, 1, 1, 2, 2]);
    expect([...(depth?.data ?? [])]).toEqual([5, 6, 9, 10]);
    expect(() => halveDepth({ ...examples, inputs: {} })).toThrow(ConfigError);
  });
});
