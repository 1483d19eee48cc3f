import { describe, expect, it } from "vitest";

import { GapWatch } from "../../src/pipeline/GapWatch.ts";
import { Percentiles } from "../../src/pipeline/Percentiles.ts";
import { millis } from "../../src/units.ts";

describe("Percentiles", () => {
  it("gives the duration that so many per cent stay below, to three digits", () => {
    const percentiles = new Percentiles();
    for (let at = 1; at <= 100; at++) percentiles.record(millis(at));
    expect(percentiles.count).toBe(100);
    expect(percentiles.last).toBe(millis(100));
    expect(percentiles.at(50) / millis(50)).toBeCloseTo(1, 2);
    expect(percentiles.at(99) / millis(99)).toBeCloseTo(1, 2);
  });

  it("is all zero before the first", () => {
    expect([new Percentiles().at(50), new Percentiles().count]).toEqual([0, 0]);
  });
});

describe("GapWatch", () => {
  it("remembers the longest silence between two utterances", () => {
    const gaps = new GapWatch();
    gaps.heard(millis(1_000));
    expect(gaps.longest).toBe(0);
    for (const at of [1_040, 1_200, 1_240]) gaps.heard(millis(at));
    expect(gaps.longest).toBe(millis(160));
  });
});
