import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { modalityScore } from "../../src/localize/modalityScore.ts";
import { segmentScore } from "../../src/localize/segmentScore.ts";
import { micros, seconds } from "../../src/units.ts";

const extent = (label: string, from: number, to: number) => ({
  label,
  from: seconds(from),
  to: seconds(to),
});
const whole = { from: seconds(0), to: seconds(10), segment: seconds(1) };

describe("segmentScore", () => {
  it("is AVE's accuracy: the share of seconds whose category, background among them, is right", () => {
    // Truth: bark 3..8. Found: bark 2..6, horn 6..8. Right: 0, 1, 3, 4, 5, 8, 9.
    const score = segmentScore(
      [extent("bark", 2, 6), extent("horn", 6, 8)],
      [extent("bark", 3, 8)],
      whole,
    );
    expect(score).toMatchObject({ segments: 10, accuracy: 7 / 10 });
    // bark: 3 right, 1 too many, 2 missed: 6/9; horn: 2 too many: 0. Together 6 / (6 + 5).
    expect(score.f1).toBeCloseTo(6 / 11, 12);
    expect(score.macroF1).toBeCloseTo((6 / 9 + 0) / 2, 12);
  });

  it("lets labels overlap, and counts a second right only with all of them", () => {
    const truth = [extent("speech", 0, 6), extent("dog", 4, 8)];
    const { accuracy, f1 } = segmentScore(
      [extent("speech", 0, 6), extent("dog", 5, 8)],
      truth,
      whole,
    );
    expect(accuracy).toBe(9 / 10);
    expect(f1).toBeCloseTo((2 * 9) / (2 * 9 + 1), 12);
  });

  it("asks for the middle of a segment, and leaves out a rest", () => {
    const cut = { from: seconds(0), to: seconds(2.9), segment: seconds(1) };
    const found = [extent("dog", 0.5, 1.5)];
    expect(segmentScore(found, [extent("dog", 0, 1)], cut)).toMatchObject({
      segments: 2,
      accuracy: 1,
    });
  });

  it("knows no F1 without labels, and refuses segments of no length", () => {
    expect(segmentScore([], [], whole)).toMatchObject({ accuracy: 1, f1: Number.NaN });
    expect(() => segmentScore([], [], { ...whole, segment: micros(0) })).toThrow(ConfigError);
  });
});

describe("modalityScore", () => {
  const streams = ["audio", "video"];
  const carried = (label: string, from: number, to: number, ...modalities: string[]) => ({
    ...extent(label, from, to),
    modalities,
  });

  it("scores what is heard, what is seen and what is both, as AVVP does", () => {
    // Truth: speech heard and seen 0..4, a horn heard only 4..6, a car seen only 6..10.
    const truth = [
      carried("speech", 0, 4, "audio", "video"),
      carried("horn", 4, 6, "audio"),
      carried("car", 6, 10, "video"),
    ];
    // Found: speech right, the horn claimed to be seen as well, the car two seconds late.
    const found = [
      carried("speech", 0, 4, "video", "audio"),
      carried("horn", 4, 6, "audio", "video"),
      carried("car", 8, 10, "video"),
    ];
    const score = modalityScore(found, truth, { ...whole, streams });
    expect(score.streams["audio"]).toEqual({ segment: 1, event: 1 });
    // Seen: speech 1, horn 0 (not there), car 4 / (4 + 2).
    expect(score.streams["video"]?.segment).toBeCloseTo((1 + 0 + 4 / 6) / 3, 12);
    // The car overlaps by one half: found. Two of three found, two true.
    expect(score.streams["video"]?.event).toBeCloseTo(4 / 5, 12);
    // Both: speech 1, horn 0.
    expect(score.all).toEqual({ segment: 0.5, event: 2 / 3 });
    expect(score.type.event).toBeCloseTo((1 + 4 / 5 + 2 / 3) / 3, 12);
    // All together: 4 found rightly of 5, 4 true.
    expect(score.event.event).toBeCloseTo(8 / 9, 12);
  });

  it("gives 1 to a stream that rightly carries nothing", () => {
    const heard = [carried("horn", 4, 6, "audio")];
    const score = modalityScore(heard, heard, { ...whole, streams });
    expect(score.streams["video"]).toEqual({ segment: 1, event: 1 });
  });
});
