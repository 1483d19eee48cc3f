import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { batchOf, configOf, lossOf, type ModelPlan, priorOf } from "../../src/learn/ModelPlan.ts";
import { millis } from "../../src/units.ts";

const KNOWN = {
  sizes: { ear: 12, eye: 8 },
  classes: ["nothing", "one", "two"],
  prior: [0.5, 0.25, 0.25],
  rowMicros: 40_000,
};

describe("a model plan", () => {
  it("may say nothing: fronts, sizes and training follow from the streams", () => {
    const config = configOf({}, KNOWN);
    expect(config.streams).toEqual([
      { name: "ear", size: 12, front: { kind: "vector" }, dilations: [1, 2, 4, 8] },
      { name: "eye", size: 8, front: { kind: "vector" }, dilations: [1, 2, 4, 8] },
    ]);
    expect(config.lookAheadRows).toBe(0);
    expect(config.fusion).toEqual({ sharpness: 8, smoothingRows: 12.5 });
    expect("parts" in config).toBe(false);
    expect(batchOf({}, ["ear", "eye"]).keep).toEqual({ ear: 0.8, eye: 0.8 });
  });

  it("says of each stream what is different", () => {
    const front = {
      kind: "image",
      channels: 2,
      rows: 2,
      columns: 2,
      patch: 2,
      filters: 3,
    } as const;
    const plan: ModelPlan = {
      lookAhead: millis(120),
      streams: { eye: { front, dilations: [1], keep: 0.5, weight: 0.2, augment: { gain: 0.1 } } },
      loss: { gmc: { weight: 0, temperature: 0.1, rows: 3 } },
    };
    expect(configOf(plan, KNOWN).lookAheadRows).toBe(3);
    expect(configOf(plan, KNOWN).streams[1]).toEqual({
      name: "eye",
      size: 8,
      front,
      dilations: [1],
    });
    expect(batchOf(plan, ["ear", "eye"]).keep).toEqual({ ear: 0.8, eye: 0.5 });
    expect(batchOf(plan, ["ear", "eye"]).augment).toEqual({ eye: { gain: 0.1 } });
    expect(lossOf(plan).streamWeights).toEqual({ eye: 0.2 });
    expect(lossOf(plan).gmc.weight).toBe(0);
  });

  it("refuses a stream that there is not, half rows, and a picture of another size", () => {
    expect(() => configOf({ streams: { nose: {} } }, KNOWN)).toThrow(ConfigError);
    expect(() => configOf({ lookAhead: millis(50) }, KNOWN)).toThrow(/whole rows of 40000 us/);
    const front = {
      kind: "image",
      channels: 1,
      rows: 2,
      columns: 2,
      patch: 2,
      filters: 3,
    } as const;
    expect(() => configOf({ streams: { eye: { front } } }, KNOWN)).toThrow(/size must be 4/);
  });
});

describe("priorOf", () => {
  it("counts rows, and leaves no class without a share", () => {
    const prior = priorOf([Int32Array.of(0, 0, 0, 1), Int32Array.of(1, 0, 0, 0)], 3);
    expect(prior.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(prior[0]).toBeCloseTo(0.75, 3);
    expect(prior[2]).toBeGreaterThan(0);
  });
});
