import { describe, expect, it } from "vitest";

import { formatElan, labelsOfElan } from "../../../src/log/labels/elan.ts";
import type { LabelLine } from "../../../src/log/labels/LabelLine.ts";

const LABELS: readonly LabelLine[] = [
  { label: 'say "a < b & c"', slot: "speech", from: 0.5, to: 1.25 },
  { label: "clap", slot: "", from: 2, to: 2.04 },
  { label: "wave", slot: "speech", from: 3.001, to: 4 },
];

describe("ELAN documents", () => {
  it("give back the labels that were written, tier by tier", () => {
    expect(labelsOfElan(formatElan(LABELS))).toEqual({ labels: LABELS, wrong: [] });
    expect(labelsOfElan(formatElan([]))).toEqual({ labels: [], wrong: [] });
  });

  it("are read as ELAN writes them: attributes in any order, references, times that are not known", () => {
    const text = `<?xml version="1.0"?>
<ANNOTATION_DOCUMENT>
  <TIME_ORDER>
    <TIME_SLOT TIME_VALUE="100" TIME_SLOT_ID="ts1"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="900"/>
    <TIME_SLOT TIME_SLOT_ID="ts3"/>
  </TIME_ORDER>
  <TIER TIER_ID="word" LINGUISTIC_TYPE_REF="x">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
      <ANNOTATION_VALUE>gr&#252;n &amp; rot</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
      <ANNOTATION_VALUE>nowhere</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    <!-- <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a9"></ALIGNABLE_ANNOTATION></ANNOTATION> -->
  </TIER>
  <TIER TIER_ID="gloss" PARENT_REF="word">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1">
      <ANNOTATION_VALUE>colours</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="empty"/>
</ANNOTATION_DOCUMENT>`;
    expect(labelsOfElan(text)).toEqual({
      labels: [
        { label: "grün & rot", slot: "word", from: 0.1, to: 0.9 },
        { label: "colours", slot: "gloss", from: 0.1, to: 0.9 },
      ],
      wrong: ["a2"],
    });
  });
});
