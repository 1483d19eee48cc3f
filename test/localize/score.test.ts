import { describe, expect, it } from "vitest";

import { intersectionOverUnion, matchExtents } from "../../src/localize/matchExtents.ts";
import { eventF1, onsetErrors, slotAccuracy } from "../../src/localize/score.ts";
import { micros, millis } from "../../src/units.ts";

const CLASSES = ["sil", "red", "blue", "one", "two"];
const SLOTS = { colour: ["red", "blue"], digit: ["one", "two"] };
const extent = (label: string, fromMs: number, toMs: number, slot = "") => ({
  label,
  slot,
  from: millis(fromMs),
  to: millis(toMs),
});
const at = (ms: number, ...probabilities: number[]) => ({
  labelTime: millis(ms),
  logProbabilities: probabilities.map(Math.log),
});

describe("slotAccuracy", () => {
  it("asks for the best mean log-probability among the slot's own words", () => {
    const readings = [
      at(0, 0.9, 0.04, 0.03, 0.02, 0.01),
      at(40, 0.1, 0.3, 0.2, 0.39, 0.01),
      at(80, 0.1, 0.3, 0.2, 0.01, 0.39),
    ];
    const scores = slotAccuracy(
      readings,
      [extent("red", 0, 80, "colour"), extent("two", 80, 120, "digit")],
      { classes: CLASSES, slots: SLOTS },
    );
    expect(scores).toEqual({
      colour: { correct: 1, total: 1, accuracy: 1 },
      digit: { correct: 1, total: 1, accuracy: 1 },
    });
  });

  it("does not count the row at a word's end, and counts a word without rows as wrong", () => {
    const readings = [at(40, 0.2, 0.6, 0.1, 0.05, 0.05), at(80, 0.1, 0.1, 0.7, 0.05, 0.05)];
    const { colour } = slotAccuracy(
      readings,
      [extent("red", 40, 80, "colour"), extent("red", 50, 70, "colour")],
      { classes: CLASSES, slots: SLOTS },
    );
    expect(colour).toEqual({ correct: 1, total: 2, accuracy: 0.5 });
  });

  it("has no accuracy where there is nothing to score", () => {
    const { digit } = slotAccuracy([], [], { classes: CLASSES, slots: SLOTS });
    expect(digit?.accuracy).toBeNaN();
  });
});

describe("eventF1", () => {
  it("is 1 for the truth itself and 0 for other labels at the same times", () => {
    const truth = [extent("one", 0, 100), extent("two", 100, 200), extent("one", 300, 400)];
    expect(eventF1(truth, truth).f1).toBe(1);
    const swapped = truth.map((each) => ({ ...each, label: "red" }));
    expect(eventF1(swapped, truth)).toMatchObject({ f1: 0, matched: 0 });
  });

  it("matches each true extent once, at half overlap or more", () => {
    const truth = [extent("one", 0, 100)];
    const twice = [extent("one", 0, 60), extent("one", 60, 100), extent("one", 0, 100)];
    expect(eventF1(twice, truth)).toMatchObject({ matched: 1, precision: 1 / 3, recall: 1 });
    expect(eventF1([extent("one", 0, 50)], truth).matched).toBe(1);
    expect(eventF1([extent("one", 0, 49)], truth).matched).toBe(0);
    expect(eventF1([extent("one", 0, 49)], truth, { iou: 0.4 }).matched).toBe(1);
  });
});

describe("intersectionOverUnion", () => {
  it("is 0 apart, 1 for equals, and the shared part of the covered one between", () => {
    const span = (from: number, to: number) => ({ from: micros(from), to: micros(to) });
    expect(intersectionOverUnion(span(0, 10), span(10, 20))).toBe(0);
    expect(intersectionOverUnion(span(5, 9), span(5, 9))).toBe(1);
    expect(intersectionOverUnion(span(0, 10), span(5, 20))).toBeCloseTo(0.25, 10);
  });
});

describe("onsetErrors", () => {
  it("is the distance of the onsets of those found, whichever comes first", () => {
    const truth = [extent("one", 0, 100), extent("two", 200, 300), extent("one", 400, 500)];
    const found = [extent("one", 20, 100), extent("two", 190, 300), extent("one", 600, 700)];
    expect(onsetErrors(found, truth)).toEqual([micros(20_000), micros(10_000)]);
  });
});

describe("matchExtents", () => {
  it("gives up the best pair where that lets both find a partner", () => {
    // The long one fits both true ones, the short one only the first, and less well than the long one.
    const truth = [extent("one", 0, 100), extent("one", 100, 180)];
    const long = extent("one", 10, 150);
    const short = extent("one", 0, 40);
    const overlap = (at: number) => intersectionOverUnion(long, truth[at] ?? long);
    expect(overlap(0)).toBeGreaterThan(overlap(1));
    const pairs = matchExtents([long, short], truth, 0.25);
    expect(pairs.map(({ truth: other }) => other)).toEqual([truth[1], truth[0]]);
  });

  it("takes the better partner where there is a choice", () => {
    const truth = [extent("one", 0, 100), extent("one", 50, 150)];
    const [pair] = matchExtents([extent("one", 40, 140)], truth, 0.3);
    expect(pair).toMatchObject({ truth: truth[1], overlap: 90 / 110 });
  });
});
