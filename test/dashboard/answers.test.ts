import { describe, expect, it } from "vitest";

import { accentOf, COLOURS } from "../../dashboards/live/src/draw/colours.ts";
import { drill } from "../../dashboards/live/src/feed/drill.ts";
import { nowWord, slotOf, utterance } from "../../dashboards/live/src/feed/nowWord.ts";
import { sharedCodes } from "../../dashboards/live/src/feed/sharedCodes.ts";
import type { LiveEvent, Row, SubsetRow } from "../../src/server/protocol.ts";
import { micros } from "../../src/units.ts";
import { SubjectFeed } from "../support/SubjectFeed.ts";
import { START } from "../support/sampleMessages.ts";

const hello = new SubjectFeed().hello(); // classes: sil, bin, blue
const at = (ms: number) => micros(START + ms * 1_000);

function event(label: string, from: number, to: number): LiveEvent {
  return {
    id: `${label}${from}`,
    label,
    from: at(from),
    to: at(to),
    score: 0.8,
    evidence: { audio: 0.9, video: 0.4 },
    modalities: ["audio", "video"],
    state: "final",
  };
}

function row(
  fused: number,
  subsets: readonly SubsetRow[],
  codes: Record<string, number> = {},
): Row {
  const streams = Object.entries(codes).map(
    ([stream, code]) =>
      [stream, { presence: "real", reading: { code, margin: 0, weight: 0.5, top: [] } }] as const,
  );
  return {
    time: START,
    fused: [{ class: fused, probability: 0.9 }],
    streams: Object.fromEntries(streams),
    subsets,
  };
}

const pair = (audio: number, video: number): SubsetRow[] => [
  { streams: ["audio"], class: audio, probability: 0.8 },
  { streams: ["video"], class: video, probability: 0.6 },
  { streams: ["audio", "video"], class: audio, probability: 0.9 },
];

describe("the word being said now", () => {
  const events = [event("bin", 0, 200), event("blue", 200, 500)];

  it("is that of the event at that time, with what carries it", () => {
    expect(nowWord(hello, events, undefined, at(100))).toEqual({
      label: "bin",
      slot: "command",
      confidence: 0.8,
      carriers: [
        { stream: "audio", evidence: 0.9 },
        { stream: "video", evidence: 0.4 },
      ],
    });
  });

  it("is the later one where the earlier still lingers", () => {
    expect(nowWord(hello, events, undefined, at(220))?.label).toBe("blue");
  });

  it("is none in silence", () => {
    expect(nowWord(hello, events, undefined, at(700))).toBeUndefined();
    expect(nowWord(hello, events, undefined, at(-1))).toBeUndefined();
  });

  it("is as sure as the row is now", () => {
    expect(nowWord(hello, events, row(2, []), at(300))?.confidence).toBe(0.9);
  });

  it("stays as sure as it was while it lingers, though the rows speak of silence by then", () => {
    const unlikely = { ...row(2, []), fused: [{ class: 2, probability: 0.01 }] };
    expect(nowWord(hello, events, unlikely, at(560))?.confidence).toBe(0.8);
  });

  it("belongs to an utterance that a pause ends", () => {
    const said = [event("bin", 0, 200), event("blue", 2_000, 2_200), event("bin", 2_250, 2_400)];
    expect(utterance(said, at(2_300)).map(({ label }) => label)).toEqual(["blue", "bin"]);
    expect(utterance(said, at(9_000))).toEqual([]);
    const long = Array.from({ length: 20 }, (_, index) =>
      event("bin", index * 200, index * 200 + 190),
    );
    expect(utterance(long, at(4_000)).map(({ from }) => from)).toEqual(
      long.slice(12).map(({ from }) => from),
    );
    expect(slotOf(hello, "sil")).toBe("");
  });
});

describe("the colour of a stream", () => {
  it("is that of its modality, and another one for each further stream of it", () => {
    const streams = ["video", "sensor", "sensor", "sensor", "smell"].map((modality, at) => ({
      stream: `s${at}`,
      modality,
    }));
    const colours = streams.map(({ stream }) => accentOf(streams, stream));
    expect(new Set(colours).size).toBe(5);
    expect(colours[0]).toBe(accentOf([{ stream: "other", modality: "video" }], "other"));
    expect(accentOf(streams, "unheard-of")).toBe(COLOURS.dim);
  });
});

describe("the drill", () => {
  it("says what each lost stream would change", () => {
    const now = row(1, pair(1, 2));
    const gauge = { rows: 1_500, labelled: 0 };
    const gauges = [
      { ...gauge, streams: ["audio"], agreement: 0.95, eventAgreement: 0.9 },
      { ...gauge, streams: ["video"], agreement: 0.8, labelled: 40, accuracy: 0.75 },
    ];
    expect(drill(hello, gauges, now)).toEqual([
      {
        lost: ["video"],
        left: ["audio"],
        label: "bin",
        probability: 0.8,
        same: true,
        agreement: 0.95,
        eventAgreement: 0.9,
        accuracy: undefined,
      },
      {
        lost: ["audio"],
        left: ["video"],
        label: "blue",
        probability: 0.6,
        same: false,
        agreement: 0.8,
        eventAgreement: undefined,
        accuracy: 0.75,
      },
    ]);
  });

  it("has nothing to lose when one stream is left", () => {
    expect(drill(hello, [], row(1, [{ streams: ["audio"], class: 1, probability: 1 }]))).toEqual(
      [],
    );
  });
});

describe("the share of codes in common", () => {
  it("counts the rows in which every stream had a code", () => {
    const rows = [
      row(1, [], { audio: 3, video: 3 }),
      row(1, [], { audio: 3, video: 4 }),
      row(1, [], { audio: 3 }),
    ];
    expect(sharedCodes(rows, ["audio", "video"])).toBe(0.5);
    expect(sharedCodes(rows.slice(2), ["audio", "video"])).toBeUndefined();
    expect(sharedCodes(rows, ["audio"])).toBeUndefined();
  });
});
