import { describe, expect, it, vi } from "vitest";

import {
  crossPrediction,
  crossPredictionFloor,
} from "../../../../src/evaluate/studies/cmg/synthetic/cpcFloor.ts";
import {
  learnedClub,
  tanhBound,
} from "../../../../src/evaluate/studies/cmg/synthetic/learnedClub.ts";
import { STICKY, StickyWorld } from "../../../../src/evaluate/studies/cmg/synthetic/StickyWorld.ts";
import { SYNTHETIC_CONFIG } from "../../../../src/evaluate/studies/cmg/synthetic/syntheticConfig.ts";
import { runSynthetic } from "../../../../src/evaluate/studies/cmg/synthetic/syntheticTrials.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

// Each compiles programs: seconds on a free machine, much longer beside other work.
vi.setConfig({ testTimeout: 120_000 });

describe("StickyWorld", () => {
  it("keeps a class at the sticky rate and mismatches at the other", () => {
    const { classes } = new StickyWorld(1).draw(2000, Rng.fromSeed(2));
    let [stays, steps, differs] = [0, 0, 0];
    for (const [i, label] of classes.a.entries()) {
      if (label !== classes.b[i]) differs++;
      if (i % STICKY.frames === 0) continue;
      steps++;
      if (label === classes.a[i - 1]) stays++;
    }
    // Redrawing finds the same class once in eight.
    expect(stays / steps).toBeCloseTo(0.7 + 0.3 / 8, 2);
    expect(differs / classes.a.length).toBeCloseTo((0.15 * 7) / 8, 2);
  });

  it("is the same world for the same seed and another for another", () => {
    const draw = (world: number) =>
      new StickyWorld(world).draw(2, Rng.fromSeed(3)).modalities["a"]?.data;
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

describe("the floor of a prediction", () => {
  // Means of 20,000 draws have a deviation of about 0.01.
  it.each([
    [64, 8, 1, 0, 2.136],
    [64, 8, 0.7, 0, 3.19],
    [64, 8, 0.7, 0.15, 3.44],
    [64, 8, 0, 0, 4.159],
    [80, 10, 0.7, 0, 3.27],
  ])("for B %i, C %i, stay %f, mismatch %f is %f", (batch, classes, stay, mismatch, expected) => {
    const floor = crossPredictionFloor({ classes, stay, mismatch }, batch, Rng.fromSeed(8));
    expect(Math.abs(floor - expected)).toBeLessThan(0.04);
  });

  it("is ln B for a chain without memory, from which a frame-wise model learns nothing", async () => {
    const nce = await crossPrediction({
      encoder: { kind: "frames", hidden: 16 },
      process: { stay: 0, mismatch: 0 },
      batch: 16,
      steps: 40,
      measured: 10,
      seed: 1,
      threads: 1,
    });
    expect(nce).toBeGreaterThan(Math.log(16) - 0.05);
  });
});

describe("CLUB with learned nets", () => {
  it("knows the value that a tanh allows", () => {
    expect(tanhBound(0.5)).toBeCloseTo(1 / 3, 12);
    expect(tanhBound(0.9)).toBeCloseTo(0.81 * Math.E, 10);
  });

  it("comes near its theory, far above the mutual information", async () => {
    // A tenth of the full run: the nets are not yet at the end of their way.
    const bound = await learnedClub({
      rho: 0.7,
      dimensions: 1,
      hidden: 32,
      batch: 128,
      steps: 300,
      averaged: 100,
      seed: 1,
      threads: 1,
    });
    expect(Math.abs(bound / tanhBound(0.7) - 1)).toBeLessThan(0.3);
    expect(bound).toBeGreaterThan(1.5 * 0.3367);
  });
});

describe("the recipe", () => {
  it("shares codes after a fifth of it with the same-frame contrast; plain quantisation shares none", async () => {
    const short = { seed: 1, threads: 1, progress: () => {}, pairs: "true", steps: 100 } as const;
    const { cpc: _, club: __, ...light } = SYNTHETIC_CONFIG;
    const full = await runSynthetic({ ...light, contrast: { weight: 1, temperature: 1 } }, short);
    const { cmcm: ___, ...bare } = light;
    const plain = await runSynthetic(
      {
        ...bare,
        codebook: { ...bare.codebook, partner: { kind: "none" } },
        commitment: { own: 0.5, cross: 0 },
      },
      short,
    );
    expect(full["transfer/a->b"]).toBeGreaterThan(0.5);
    expect(full["codes/agreement"]).toBeGreaterThan(0.1 + (plain["codes/agreement"] ?? 1));
    expect(plain["transfer/a->b"]).toBeLessThan(0.25);
  });
});
