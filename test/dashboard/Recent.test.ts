import { describe, expect, it } from "vitest";

import { Recent } from "../../dashboards/live/src/feed/Recent.ts";
import type { LiveEvent, Row } from "../../src/server/protocol.ts";
import { micros } from "../../src/units.ts";
import { START } from "../support/sampleMessages.ts";

const at = (ms: number) => micros(START + ms * 1_000);

function row(ms: number): Row {
  const captions = [{ text: `at ${ms}`, from: at(ms), to: at(ms + 10) }];
  return {
    time: at(ms),
    fused: [],
    streams: { text: { presence: "real", captions } },
    subsets: [],
  };
}

function event(id: string, ms: number, state: LiveEvent["state"] = "final"): LiveEvent {
  const span = { from: at(ms), to: at(ms + 10) };
  return { id, label: "bin", ...span, score: 1, evidence: {}, modalities: [], state };
}

describe("Recent", () => {
  it("keeps what is younger than its span, of every kind", () => {
    const recent = new Recent(1_000_000);
    for (let ms = 0; ms <= 3_000; ms += 500) {
      recent.push({ kind: "events", events: [event(`${ms}`, ms)] });
      recent.push({
        kind: "truth",
        labels: [{ label: "bin", slot: "", from: at(ms), to: at(ms + 10) }],
      });
      recent.push({ kind: "rows", rows: [row(ms)] });
    }
    const kept = [2_000, 2_500, 3_000];
    expect(recent.rows.map(({ time }) => time)).toEqual(kept.map(at));
    expect([...recent.events].map(({ id }) => id)).toEqual(kept.map(String));
    expect(recent.truth.map(({ from }) => from)).toEqual(kept.map(at));
    expect(recent.captions("text").map(({ from }) => from)).toEqual(kept.map(at));
  });

  it("keeps a caption once that comes again while it is held", () => {
    const recent = new Recent(1_000_000);
    const held = { ...row(0), time: at(40) };
    recent.push({ kind: "rows", rows: [row(0), held] });
    expect(recent.captions("text")).toHaveLength(1);
  });

  it("keeps the captions of each stream apart, though they begin at the same time", () => {
    const recent = new Recent(1_000_000);
    const [heard, typed] = ["heard", "typed"].map((text) => ({ text, from: at(0), to: at(10) }));
    const streams = {
      speech: { presence: "real", captions: heard ? [heard] : [] },
      notes: { presence: "real", captions: typed ? [typed] : [] },
    } as const;
    recent.push({ kind: "rows", rows: [{ ...row(0), streams }] });
    expect(recent.captions("speech")).toEqual([heard]);
    expect(recent.captions("notes")).toEqual([typed]);
    expect(recent.captions("text")).toEqual([]);
  });

  it("finds the last row at or before a time, unless that is too long ago", () => {
    const recent = new Recent(10_000_000);
    recent.push({ kind: "rows", rows: [row(0), row(40), row(80)] });
    expect(recent.rowAt(at(40), 1_000)?.time).toBe(at(40));
    expect(recent.rowAt(at(79), 60_000)?.time).toBe(at(40));
    expect(recent.rowAt(at(-1), 60_000)).toBeUndefined();
    expect(recent.rowAt(at(500), 60_000)).toBeUndefined();
  });

  it("replaces events by their id and drops withdrawn ones", () => {
    const recent = new Recent(1_000_000);
    recent.push({ kind: "events", events: [event("a", 0, "provisional"), event("b", 0)] });
    recent.push({ kind: "events", events: [event("a", 0), event("b", 0, "withdrawn")] });
    expect([...recent.events].map(({ id, state }) => [id, state])).toEqual([["a", "final"]]);
  });

  it("tells listeners what was, what comes, and that the past is gone when time starts over", () => {
    const recent = new Recent(1_000_000);
    recent.push({ kind: "rows", rows: [row(0)] });
    const heard: (number | undefined)[] = [];
    const stop = recent.listen((heardRow) => heard.push(heardRow?.time));
    recent.push({ kind: "rows", rows: [row(40)] });
    recent.push({ kind: "rows", rows: [row(20)] });
    stop();
    recent.push({ kind: "rows", rows: [row(60)] });
    expect(heard).toEqual([at(0), at(40), undefined, at(20)]);
    expect(recent.rows.map(({ time }) => time)).toEqual([at(20), at(60)]);
  });
});
