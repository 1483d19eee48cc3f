import { describe, expect, it } from "vitest";

import { parseWebVtt } from "../../../src/log/labels/webVtt.ts";

describe("parseWebVtt", () => {
  it("reads cues with and without hours, and leaves notes, styles and settings out", () => {
    const vtt = `WEBVTT - a title

NOTE nothing to see

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start
<v Ann>Hello &amp; welcome</v>

01:00:00.001 --> 01:00:00.002
x
`;
    expect(parseWebVtt(vtt)).toEqual([
      { from: 1, to: 2.5, text: "Hello & welcome", id: "intro" },
      { from: 3600.001, to: 3600.002, text: "x", id: "" },
    ]);
  });

  it("gives nothing for nothing", () => {
    expect(parseWebVtt("")).toEqual([]);
    expect(parseWebVtt("WEBVTT\n\n00:01.000 --> 00:02.000\n\n")).toEqual([]);
  });
});
