import { describe, expect, it } from "vitest";

import { extraSensory } from "../../../../src/evaluate/studies/imlrs/extraSensory.ts";
import { incompleteSubsets, meanOver } from "../../../../src/evaluate/studies/imlrs/meanOver.ts";
import { allSubsets, type ImlProtocol } from "../../../../src/evaluate/studies/imlrs/protocol.ts";
import { study } from "../../../../src/evaluate/studies/imlrs/study.ts";
import { imlTrials } from "../../../../src/evaluate/studies/imlrs/trials.ts";
import { hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";
import { TINY } from "../../../models/imlrs/tinyNetwork.ts";

describe("allSubsets", () => {
  it("lists every non-empty subset once, the smallest first", () => {
    expect(allSubsets(["a", "b", "c"]).map(({ name }) => name)).toEqual([
      "a",
      "b",
      "c",
      "a+b",
      "a+c",
      "b+c",
      "a+b+c",
    ]);
  });
});

/** Each modality alone tells the class by its sign; gamma is missing in every third sample. */
function signs(count: number, seed: number) {
  const rng = Rng.fromSeed(seed);
  const labels = Int32Array.from({ length: count }, () => rng.int(0, 2));
  const inputs = Object.fromEntries(
    TINY.modalities.map(({ name, adapter }) => {
      if (adapter.kind !== "series") throw new RangeError();
      const size = adapter.length * adapter.channels;
      const data = Float32Array.from(
        { length: count * size },
        (_, i) => ((labels[Math.floor(i / size)] ?? 0) > 0 ? 1 : -1) + rng.normal(0, 0.5),
      );
      return [name, hostTensor(data, [count, adapter.length, adapter.channels])];
    }),
  );
  const present = { gamma: Float32Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 0 : 1)) };
  return { count, classes: 3, labels, inputs, present };
}

const protocol: ImlProtocol = {
  set: "signs",
  network: { ...TINY, norms: 1, layers: 1, decoder: { ...TINY.decoder, layers: 1 } },
  score: "balanced",
  classify: {
    steps: 60,
    batch: 16,
    peak: 1e-2,
    weightDecay: 0,
    keep: 0.9,
    dropout: 0.1,
    smoothing: 0,
    own: 1,
    balanced: true,
  },
  pretrain: {
    steps: 10,
    batch: 16,
    peak: 1e-3,
    weightDecay: 0,
    keep: 0.5,
    contrast: { kind: "infonce", weight: 0.3 },
  },
  subsets: allSubsets(["alpha", "beta", "gamma"]),
  specialists: [{ name: "beta", modalities: ["beta"], required: ["beta"] }],
  read: async (_, split) => signs(90, split === "train" ? 1 : 2),
};

describe("the trials of IML-RS", () => {
  const run = async (variant: string): Promise<Readonly<Record<string, number>>> => {
    const trial = imlTrials(protocol).find((each) => each.variant === variant);
    if (trial === undefined) throw new RangeError(variant);
    return trial.run({
      data: {} as never,
      split: "dev",
      seed: 1,
      threads: 1,
      progress: () => undefined,
    });
  };

  it("learn a task that every modality tells, and answer it on every subset", async () => {
    const scores = await run("");
    expect(Object.keys(scores)).toHaveLength(7);
    for (const [name, score] of Object.entries(scores)) expect(score, name).toBeGreaterThan(0.9);
  });

  it("pre-train before they learn", async () => {
    expect(Math.min(...Object.values(await run("pretrained")))).toBeGreaterThan(0.8);
  }, 60_000);

  it("train a network of its own per specialist subset, the same one for the same seed", async () => {
    const special = await run("specialist");
    expect(Object.keys(special)).toEqual(["accuracy/beta"]);
    expect(special["accuracy/beta"]).toBeGreaterThan(0.8);
    expect(await run("specialist")).toEqual(special);
  }, 60_000);
});

describe("the study", () => {
  it("has distinct variants, the method first, and a text, for each of its sets", () => {
    for (const set of study.sets) {
      const variants = study.trials(set).map(({ variant }) => variant);
      expect(variants[0]).toBe("");
      expect(new Set(variants).size).toBe(variants.length);
      expect(study.about(set)).not.toBe("");
    }
  });

  it("compares means over the same subsets only", () => {
    const metrics = {
      "accuracy/a": { mean: 0.5, std: 0 },
      "accuracy/b": { mean: 0.7, std: 0 },
      "accuracy/a@multivit": { mean: 0.1, std: 0 },
    };
    expect(meanOver(metrics, "", ["a", "b"])).toBeCloseTo(0.6);
    expect(meanOver(metrics, "multivit", ["a", "b"])).toBeUndefined();
    expect(incompleteSubsets(allSubsets(["a", "b"]), 2)).toEqual(["a", "b"]);
  });

  it("tells the widest gap to the network without mask and combinations", () => {
    const metrics = Object.fromEntries(
      ["hyperspectral", "lidar", "hyperspectral+lidar"].flatMap((name, i) => [
        [`accuracy/${name}`, { mean: 0.6 + 0.1 * i, std: 0 }],
        [`accuracy/${name}@multivit`, { mean: 0.6 - 0.2 * i, std: 0 }],
      ]),
    );
    const verdict = study.verdict?.("houston2013_pixels", metrics) ?? "";
    expect(verdict).toContain("65.0 %");
    expect(verdict).toContain("widest gap is on lidar: 70.0 % against 40.0 %");
    expect(verdict).toContain("15.0 points above");
    expect(study.pictures?.("houston2013_pixels", metrics)[0]?.svg).toContain("0.700");
  });
});

describe("the noise on ExtraSensory", () => {
  it("takes values away flag and all, moves the others a little, leaves missing ones as they are", () => {
    const location = hostTensor(new Float32Array(68).fill(0), [2, 34]);
    location.data[17] = 1; // the first value of the first minute is missing
    const moved = extraSensory.augment?.({ location }, Rng.fromSeed(1))["location"]?.data ?? [];
    expect([moved[0], moved[17]]).toEqual([0, 1]);
    const measured = Array.from({ length: 33 }, (_, i) => (i < 16 ? i + 1 : i + 18));
    const hidden = measured.filter((i) => moved[i + 17] === 1);
    expect(hidden.every((i) => moved[i] === 0)).toBe(true);
    expect(measured.filter((i) => moved[i + 17] === 0).every((i) => moved[i] !== 0)).toBe(true);
    expect(hidden.length).toBeGreaterThan(5);
    expect(hidden.length).toBeLessThan(28);
  });
});
