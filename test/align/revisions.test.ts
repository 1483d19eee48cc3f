import { describe, expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { exact, last, window } from "../../src/align/Policy.ts";
import { bytes, millis } from "../../src/units.ts";
import { config, frame, line, notice, outcomes, started } from "./chart.ts";

const revised = { revisionHorizon: millis(200) };

describe("a row", () => {
  // grid      0         40        80        120
  // a         o         o         o         o
  // b         o   idle                        o      stamped 40
  it("is told again, under its id and the next number, when a late frame changes it", () => {
    const aligner = started({ a: exact(), b: exact() }, revised);
    expect(outcomes(aligner, withoutB(120))).toEqual([
      ...["", "", "0: a=0 b=0"],
      ...["40: a=40 b-idle", "80: a=80 b-idle", "120: a=120 b-idle"],
    ]);
    const again = aligner.push(frame("b", 40, { arrival: 121 }));
    expect(again.map(line)).toEqual(["40: a=40 b=40"]);
    expect(again[0]).toMatchObject({ id: "lab:1040000:1", index: 1, revision: 1 });
    const { revisions, streams } = aligner.counters();
    expect({ revisions, ...streams["b"] }).toMatchObject({ revisions: 1, belated: 1, late: 0 });
  });

  it("is not told again when the frame is no part of it", () => {
    const aligner = started({ a: exact(), b: exact() }, revised);
    outcomes(aligner, withoutB(80));
    expect(outcomes(aligner, [frame("b", 39, { arrival: 101 })])).toEqual([""]);
    expect(aligner.counters()).toMatchObject({ revisions: 0, streams: { b: { belated: 1 } } });
  });

  it("is not told again for a frame that came before, nor for one from the future", () => {
    const aligner = started({ a: exact(), b: exact() }, revised);
    outcomes(aligner, withoutB(120));
    const [again, future] = [
      frame("b", 80, { arrival: 122, sequence: 100_040 }),
      frame("b", 5_000, { arrival: 123 }),
    ];
    expect(outcomes(aligner, [frame("b", 40, { arrival: 121 }), again, future])).toEqual([
      "40: a=40 b=40",
      "",
      "",
    ]);
    expect(aligner.counters().streams["b"]).toMatchObject({ belated: 1, duplicate: 1, future: 1 });
  });

  it("may lose what it had: of a window that must be full, by one frame too many", () => {
    const two = window({ from: millis(-40), to: millis(0), count: 2, aggregate: "concatenate" });
    const aligner = started({ a: two }, revised);
    const records = [frame("a", 10), frame("a", 40), frame("a", 20)];
    expect(outcomes(aligner, records)).toEqual([
      "0: a-never-seen",
      "40: a=10,40",
      "40: a-incomplete",
    ]);
  });

  it("may be told again and again", () => {
    const sound = window({
      from: millis(-40),
      to: millis(0),
      count: "any",
      aggregate: "concatenate",
    });
    const aligner = started({ a: sound }, revised);
    outcomes(aligner, [frame("a", 40)]);
    const rows = [30, 20, 10].flatMap((at) => aligner.push(frame("a", at)));
    expect(rows.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    expect(rows.map(line)).toEqual(["40: a=30,40", "40: a=20,30,40", "40: a=10,20,30,40"]);
  });

  it("is final once it is older than the horizon: then the frame is late", () => {
    const aligner = started({ a: exact(), b: exact() }, revised);
    outcomes(aligner, withoutB(240));
    expect(outcomes(aligner, [frame("b", 80, { arrival: 241 })])).toEqual(["80: a=80 b=80"]);
    outcomes(aligner, [notice("IDLE", "b"), frame("a", 280), frame("a", 320)]);
    expect(outcomes(aligner, [frame("b", 120, { arrival: 321 })])).toEqual([""]);
    expect(aligner.counters().streams["b"]).toMatchObject({ belated: 1, late: 1 });
  });

  it("is final once another configuration is in force", () => {
    const aligner = started({ a: exact(), b: exact() }, revised);
    outcomes(aligner, withoutB(80));
    const later = aligner.push(config(["a", "b"], { version: 2, origin: 120 }));
    expect(later).toEqual([]);
    expect(outcomes(aligner, [frame("b", 40, { arrival: 81 })])).toEqual([""]);
  });

  it("is final as far as frames are concerned that a full buffer had no room for", () => {
    const aligner = started({ a: exact(), b: exact() }, { ...revised, capacity: 2 });
    const records = [0, 5, 10].map(at("b"));
    outcomes(aligner, [...records, notice("IDLE", "b"), frame("a", 0)]);
    expect(aligner.counters().streams["b"]?.held).toBe(2);
    expect(outcomes(aligner, [frame("b", -1, { arrival: 121 })])).toEqual([""]);
    expect(aligner.counters().streams["b"]).toMatchObject({ belated: 0, late: 1 });
    const small = started({ a: exact() }, { ...revised, capacityBytes: bytes(16) });
    outcomes(small, [0, 40, 80, 120].map(at("a")));
    expect(small.counters().streams["a"]?.held).toBe(2);
  });

  it("is told again also for an optional stream that was not waited for", () => {
    const roles = { b: "optional" as const };
    const aligner = started({ a: exact(), b: last({ maxAge: millis(60) }) }, { ...revised, roles });
    const records = [frame("a", 0), frame("a", 40), frame("b", 30, { arrival: 45 })];
    expect(outcomes(aligner, records).slice(2)).toEqual(["40: a=40 b=30"]);
  });

  it("is never told again for its primary, nor for a stream that has ended", () => {
    const roles = { a: "primary" as const };
    const aligner = started({ a: exact(), b: exact() }, { ...revised, roles });
    outcomes(aligner, [frame("b", -40), notice("CLOSED", "b"), frame("a", 0), frame("a", 50)]);
    expect(outcomes(aligner, [frame("a", 20), frame("b", 0)])).toEqual(["", ""]);
    expect(aligner.counters()).toMatchObject({ revisions: 0 });
  });
});

it("rows never change unless asked for", () => {
  const aligner = started({ a: exact(), b: exact() });
  outcomes(aligner, withoutB(120));
  expect(outcomes(aligner, [frame("b", 40, { arrival: 121 })])).toEqual([""]);
});

it("a restored aligner tells rows again that were told before", () => {
  const options = { columns: { a: exact(), b: exact() }, skew: millis(1e6), ...revised };
  const aligner = new Aligner(options);
  outcomes(aligner, [config(["a", "b"]), ...withoutB(120)]);
  const again = Aligner.restore(options, structuredClone(aligner.snapshot()));
  expect(outcomes(again, [frame("b", 40, { arrival: 121 })])).toEqual(["40: a=40 b=40"]);
});

/** Frames of `a` at every instant up to `end`, while `b` says nothing after the first. */
function withoutB(end: number): ReturnType<typeof frame>[] {
  const rest = Array.from({ length: end / 40 + 1 }, (_, i) => frame("a", i * 40));
  return [frame("b", 0), notice("IDLE", "b"), ...rest];
}

function at(stream: string): (at: number) => ReturnType<typeof frame> {
  return (time) => frame(stream, time);
}
