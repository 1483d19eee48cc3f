import { describe, expect, it } from "vitest";

import type { LabelLine } from "../../../src/log/labels/LabelLine.ts";
import {
  formatLabelFile,
  LABEL_ENDINGS,
  readLabelFile,
} from "../../../src/log/labels/labelFile.ts";

const LABELS: readonly LabelLine[] = [
  { label: "wave", slot: "arm", from: 3, to: 4.5 },
  { label: "clap", slot: "", from: 0.25, to: 0.5 },
];

describe("files of labels", () => {
  it.each(LABEL_ENDINGS.filter((ending) => ending !== ".tsv"))(
    "hold the same labels, by their onset, as %s",
    (ending) => {
      const path = `take${ending.toUpperCase()}`;
      const { labels, wrong } = readLabelFile(path, formatLabelFile(path, LABELS));
      expect(labels).toEqual(LABELS.toReversed());
      expect(wrong).toEqual([]);
    },
  );

  it("are SubRip as other programs read it: numbered, with commas", () => {
    expect(formatLabelFile("a.srt", LABELS)).toBe(
      "1\n00:00:00,250 --> 00:00:00,500\nclap\n\n2\n00:00:03,000 --> 00:00:04,500\narm: wave\n",
    );
  });

  it("are refused under an ending that says nothing, with those that do", () => {
    expect(() => readLabelFile("labels.doc", "")).toThrow(
      'expected a file of labels, .vtt (WebVTT), .srt (SubRip), .txt (Audacity), .csv or .tsv (CSV), .eaf (ELAN), got ".doc"',
    );
  });
});
