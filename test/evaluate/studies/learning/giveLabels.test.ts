import { describe, expect, it } from "vitest";

import { labelEvents, labelMoments } from "../../../../src/evaluate/studies/learning/giveLabels.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

/** 400 events of 10 rows, 4 rows of silence behind each. */
const truth = Array.from({ length: 400 }, (_, event) => [
  ...new Array<number>(10).fill(1 + (event % 5)),
  ...new Array<number>(4).fill(0),
]).flat();
const stream = { rows: truth.map((label) => ({ label })), classes: 6, rowMicros: 40_000 };

describe("labels of single moments", () => {
  it("are of one row in ten, two seconds late, the wrong ones of another class", () => {
    const labels = labelMoments(stream, 0.3, Rng.fromSeed(1));
    expect(labels.length).toBe(560);
    for (const [at, { told, from, to }] of labels.entries())
      expect([told, from, to]).toEqual([10 * at + 50, 400_000 * at, 400_000 * at + 40_000]);
    const wrong = labels.filter(({ label }, at) => label !== truth[10 * at]).length;
    expect(wrong / labels.length).toBeCloseTo(0.3, 1);
    expect(labelMoments(stream, 0, Rng.fromSeed(1)).map(({ label }) => label)).toEqual(
      truth.filter((_, at) => at % 10 === 0),
    );
  });
});

describe("labels of whole events", () => {
  const labels = labelEvents(stream, Rng.fromSeed(1));

  it("are of one event in ten, never of silence, in the order in which they come", () => {
    expect(labels.length).toBeGreaterThan(25);
    expect(labels.length).toBeLessThan(60);
    expect(labels.map(({ told }) => told)).toEqual(
      labels.map(({ told }) => told).sort((a, b) => a - b),
    );
  });

  it("lie where the event is, their ends up to 120 ms off, two to eight seconds late, few of them wrong", () => {
    let wrong = 0;
    for (const { label, from, to, told } of labels) {
      const event = Math.round(from / 40_000 / 14);
      const [begin, end] = [event * 14 * 40_000, (event * 14 + 10) * 40_000];
      expect(Math.abs(from - begin)).toBeLessThanOrEqual(120_000);
      expect(Math.abs(to - end)).toBeLessThanOrEqual(120_000);
      expect(told * 40_000 - end).toBeGreaterThanOrEqual(2e6 - 40_000);
      expect(told * 40_000 - end).toBeLessThanOrEqual(8e6 + 40_000);
      if (label !== 1 + (event % 5)) wrong++;
    }
    expect(new Set(labels.map(({ from }) => from % 40_000)).size).toBeGreaterThan(10);
    expect(wrong / labels.length).toBeLessThan(0.2);
    const many = labelEvents(
      { ...stream, rows: Array(20).fill(stream.rows).flat() },
      Rng.fromSeed(2),
    );
    const mistaken = many.filter(
      ({ label, from }) => label !== 1 + (Math.round(from / 40_000 / 14) % 5),
    );
    expect(mistaken.length / many.length).toBeGreaterThan(0.02);
    expect(mistaken.length / many.length).toBeLessThan(0.09);
  });
});
