import { describe, expect, it } from "vitest";

import { exact, last, linear, nearest, window } from "../../src/align/Policy.ts";
import { ConfigError } from "../../src/errors.ts";
import { micros, millis } from "../../src/units.ts";
import { frame, notice, outcomes, started } from "./chart.ts";

describe("exact", () => {
  // grid      0         40        80
  // a         o    o         o    o
  it("takes the frame stamped T and no other, as soon as T is passed", () => {
    const aligner = started({ a: exact() });
    const frames = [frame("a", 0), frame("a", 20), frame("a", 60), frame("a", 80)];
    expect(outcomes(aligner, frames)).toEqual(["0: a=0", "", "40: a-gap", "80: a=80"]);
  });
});

describe("nearest", () => {
  // grid      0              40
  // a            o        o     o
  //              10       33    45
  it("waits until nothing nearer can come: a frame as far behind T as the best is before it", () => {
    const aligner = started({ a: nearest({ tolerance: millis(20) }) });
    const frames = [frame("a", 10), frame("a", 33), frame("a", 45)];
    expect(outcomes(aligner, frames)).toEqual(["0: a=10", "", "40: a=45"]);
  });

  it("waits no longer than its tolerance", () => {
    const aligner = started({ a: nearest({ tolerance: millis(15) }) });
    const frames = [frame("a", 10), frame("a", 54), frame("a", 55), frame("a", 100)];
    expect(outcomes(aligner, frames)).toEqual(["0: a=10", "40: a=54", "", "80: a-gap"]);
  });

  it("prefers the earlier of two equally near frames", () => {
    const aligner = started({ a: nearest({ tolerance: millis(20) }) });
    const frames = [frame("a", 0), frame("a", 30), frame("a", 50)];
    expect(outcomes(aligner, frames)).toEqual(["0: a=0", "", "40: a=30"]);
  });
});

describe("last", () => {
  // grid      0         40        80        120       160
  // a      o     o                                      o
  it("holds a frame until it is too old, and says whether it was sensed within the period", () => {
    const aligner = started({ a: last({ maxAge: millis(70) }) });
    const frames = [frame("a", -5), frame("a", 10), frame("a", 161)];
    expect(outcomes(aligner, frames)).toEqual([
      "",
      "0: a=-5",
      "40: a=10; 80: a~10; 120: a-too-old; 160: a-too-old",
    ]);
  });

  it("calls a frame of exactly one period ago held", () => {
    const aligner = started({ a: last({ maxAge: millis(70) }) });
    expect(outcomes(aligner, [frame("a", 0), frame("a", 41)])).toEqual(["0: a=0", "40: a~0"]);
  });
});

describe("a held frame", () => {
  it("is not given up for one that comes a microsecond after T", () => {
    const aligner = started({ a: last({ maxAge: millis(70) }), b: exact() });
    const frames = [frame("a", 30), frame("a", 40.001, { sequence: 1 }), frame("b", 0)];
    expect(outcomes(aligner, [...frames, frame("b", 40)]).slice(2)).toEqual([
      "0: a-never-seen b=0",
      "40: a=30 b=40",
    ]);
  });
});

describe("linear", () => {
  it("draws a line between neighbours, and needs none where a frame hits T", () => {
    const aligner = started({ a: linear({ maxSpan: millis(60) }) });
    const frames = [frame("a", 0), frame("a", 30), frame("a", 70), frame("a", 80)];
    expect(outcomes(aligner, frames)).toEqual(["0: a=0", "", "40: a/40", "80: a=80"]);
  });

  it("gives up when no frame close enough can follow", () => {
    const aligner = started({ a: linear({ maxSpan: millis(60) }) });
    const frames = [frame("a", -10), frame("a", 55), frame("a", 85)];
    expect(outcomes(aligner, frames)).toEqual(["", "0: a-gap; 40: a-gap", "80: a/80"]);
  });

  it("spans a gap of exactly its limit", () => {
    const aligner = started({ a: linear({ maxSpan: millis(60) }) });
    expect(outcomes(aligner, [frame("a", 0), frame("a", 60)])).toEqual(["0: a=0", "40: a/40"]);
  });

  it("shows nothing before the first frame", () => {
    const aligner = started({ a: linear({ maxSpan: millis(60) }) });
    expect(outcomes(aligner, [frame("a", 20), frame("a", 50)])).toEqual([
      "0: a-never-seen",
      "40: a/40",
    ]);
  });
});

describe("window", () => {
  const audio = window({
    from: millis(-50),
    to: millis(-10),
    count: 4,
    aggregate: "concatenate",
  });

  // grid      0                   40
  // a  o o o o o o o o o o o o o o o         sound of (T − 50, T − 10], one frame every 10 ms
  it("takes the frames of (from, to], and is out at once when a window lies in the past", () => {
    const aligner = started({ a: audio });
    const frames = Array.from({ length: 9 }, (_, i) => frame("a", -50 + i * 10));
    expect(outcomes(aligner, frames)).toEqual([
      ...["", "", "", ""],
      "0: a=-40,-30,-20,-10",
      ...["", "", ""],
      "40: a=0,10,20,30",
    ]);
  });

  it("is incomplete when a frame was lost, and a gap when all were", () => {
    const aligner = started({ a: audio });
    const frames = [-40, -30, -10, 0, 70, 110].map((at) => frame("a", at));
    expect(outcomes(aligner, frames).filter((rows) => rows !== "")).toEqual([
      "0: a-incomplete",
      "40: a-incomplete; 80: a-incomplete",
      "120: a-incomplete",
    ]);
    expect(outcomes(aligner, [frame("a", 250)])).toEqual(["160: a-gap; 200: a-gap; 240: a-gap"]);
  });

  it("gives the mean or the last of what it finds", () => {
    const bounds = { from: millis(-40), to: micros(0), count: "any" } as const;
    const aligner = started({
      m: window({ ...bounds, aggregate: "mean" }),
      l: window({ ...bounds, aggregate: "last" }),
    });
    const frames = [10, 20, 30, 40].flatMap((at) => [frame("m", at), frame("l", at)]);
    expect(outcomes(aligner, frames).filter((rows) => rows !== "")).toEqual([
      "0: m-never-seen l-never-seen",
      "40: m=25 l=40",
    ]);
  });

  it("looks ahead as far as told", () => {
    const ahead = window({
      from: millis(-10),
      to: millis(20),
      count: "any",
      aggregate: "concatenate",
    });
    const aligner = started({ a: ahead });
    const frames = [-10, 0, 10, 20, 30].map((at) => frame("a", at));
    expect(outcomes(aligner, frames)).toEqual(["", "", "", "0: a=0,10,20", ""]);
    expect(outcomes(aligner, [notice("CLOSED", "a")])).toEqual([""]);
  });
});

it("policies refuse bounds that cannot be", () => {
  expect(() => nearest({ tolerance: millis(-1) })).toThrow(ConfigError);
  expect(() => last({ maxAge: micros(Number.NaN) })).toThrow(ConfigError);
  expect(() => linear({ maxSpan: 0.5 as never })).toThrow(ConfigError);
  const bounds = { from: millis(0), to: millis(0), count: 1, aggregate: "last" } as const;
  expect(() => window(bounds)).toThrow("window: expected from < to, in integer us, got 0 and 0");
  expect(() => window({ ...bounds, to: millis(10), count: 0 })).toThrow(ConfigError);
});
