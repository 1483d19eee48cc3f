import { describe, expect, it } from "vitest";

import {
  accuracyOf,
  fitTemperatures,
  joinAnswers,
} from "../../../../src/evaluate/studies/mla/Answers.ts";
import { fusedAccuracies, subsetsOf } from "../../../../src/evaluate/studies/mla/fuseAnswers.ts";

/** Row 0: a sure and right, b unsure and wrong. Row 1: a mildly wrong, b sure and right. */
const ANSWERS = {
  labels: Int32Array.of(0, 1),
  classes: 2,
  logits: {
    a: Float32Array.of(4, 0, 1, 0),
    b: Float32Array.of(0, 1, 0, 6),
  },
};

describe("subsetsOf", () => {
  it("lists every subset once, small ones first, names in order", () => {
    expect(subsetsOf(["a", "b", "c"])).toEqual([
      ["a"],
      ["b"],
      ["c"],
      ["a", "b"],
      ["a", "c"],
      ["b", "c"],
      ["a", "b", "c"],
    ]);
  });
});

describe("fusedAccuracies", () => {
  it("scores subsets, rules and presence in the order asked", async () => {
    expect(
      await fusedAccuracies(ANSWERS, [
        { sharpness: 1 },
        { sharpness: 0, modalities: ["a"] },
        { sharpness: 1, modalities: ["b"] },
        { sharpness: 0, present: [0, 1, 1, 0] }, // row 0 by b, row 1 by a: both wrong
        { sharpness: 0, present: [1, 0, 0, 1] },
      ]),
    ).toEqual([1, 0.5, 0.5, 0, 1]);
  });

  it("divides by temperatures: a modality turned down far enough has no say", async () => {
    expect(await fusedAccuracies(ANSWERS, [{ sharpness: 0, temperatures: { a: 1e6 } }])).toEqual([
      0.5,
    ]);
  });
});

describe("Answers", () => {
  it("counts the first of equal logits", () => {
    expect(accuracyOf(Float32Array.of(1, 1, 1, 1), Int32Array.of(0, 1))).toBe(0.5);
  });

  it("joins sets of answers and fits a temperature for each modality", () => {
    const both = joinAnswers([ANSWERS, ANSWERS]);
    expect([...both.labels]).toEqual([0, 1, 0, 1]);
    expect(both.logits["a"]?.length).toBe(8);
    const temperatures = fitTemperatures(both);
    expect(Object.keys(temperatures)).toEqual(["a", "b"]);
    // b is wrong by 1 and right by 6; a right by 4 and wrong by 1: both lean the same way.
    expect(fitTemperatures(both, 1e9)["a"]).toBeCloseTo(1, 5);
  });
});
