import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatAudacity, labelsOfAudacity } from "../../../src/log/labels/audacity.ts";
import { type LabelLine, labelOfLine, lineOfLabel } from "../../../src/log/labels/LabelLine.ts";
import { formatWebVtt, labelsOfWebVtt } from "../../../src/log/labels/webVtt.ts";
import { seconds } from "../../../src/units.ts";

const word = fc.stringMatching(/^[a-zA-Zäöü&<>'-][a-zA-Z0-9äöü&<>'-]{0,12}$/);
/** Labels in whole milliseconds, which is what WebVTT can say. */
const lines: fc.Arbitrary<LabelLine[]> = fc.array(
  fc
    .record({
      label: word,
      slot: fc.oneof(fc.constant(""), fc.stringMatching(/^[a-z]{1,8}$/)),
      start: fc.integer({ min: 0, max: 40_000_000 }),
      length: fc.integer({ min: 0, max: 100_000 }),
    })
    .map(({ label, slot, start, length }) => ({
      label,
      slot,
      from: start / 1_000,
      to: (start + length) / 1_000,
    })),
);

describe("label files", () => {
  it("come back from WebVTT as they were written", () => {
    fc.assert(
      fc.property(lines, (labels) => {
        expect(labelsOfWebVtt(formatWebVtt(labels))).toEqual(labels);
      }),
    );
  });

  it("come back from Audacity's label track as they were written", () => {
    fc.assert(
      fc.property(lines, (labels) => {
        expect(labelsOfAudacity(formatAudacity(labels))).toEqual({ labels, wrong: [] });
      }),
    );
  });

  it("are read from Audacity with commas, points in time, and frequencies left out", () => {
    const track =
      "1,5\t2,25\tdoor\n\\\t100.0\t200.0\n3\t3\tdigit: nine\n\nnonsense\n4\t3\tbackwards\n";
    expect(labelsOfAudacity(track)).toEqual({
      labels: [
        { label: "door", slot: "", from: 1.5, to: 2.25 },
        { label: "nine", slot: "digit", from: 3, to: 3 },
      ],
      wrong: ["nonsense", "4\t3\tbackwards"],
    });
  });

  it("take SubRip's numbers for numbers, not for slots", () => {
    const srt = "1\n00:00:01,000 --> 00:00:02,000\ndoor\n";
    expect(labelsOfWebVtt(srt)).toEqual([{ label: "door", slot: "", from: 1, to: 2 }]);
  });

  it("are counted from the start of what is labelled", () => {
    const line = { label: "door", slot: "event", from: 1.25, to: 2 };
    const label = labelOfLine(line, seconds(1_000), "ann");
    expect(label).toEqual({
      label: "door",
      slot: "event",
      from: 1_001_250_000,
      to: 1_002_000_000,
      by: "ann",
    });
    expect(lineOfLabel(label, seconds(1_000))).toEqual(line);
  });
});
