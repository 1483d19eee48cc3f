import { describe, expect, it } from "vitest";

import { exact, last, nearest } from "../../src/align/Policy.ts";
import { micros, millis, seconds } from "../../src/units.ts";

import { config, frame, heartbeat, notice, outcomes, started } from "./chart.ts";

const HOUR_MS = 3_600_000;

describe("after an hour in which all streams were silent", () => {
  it("the first frame brings out ten seconds of rows without anything, and the rest as a number", () => {
    const aligner = started({ a: exact(), b: exact() }, { skew: millis(100) });
    outcomes(aligner, [frame("a", 0), frame("b", 0)]);
    const began = performance.now();
    const rows = [
      ...aligner.push(frame("a", HOUR_MS)),
      ...aligner.push(frame("b", HOUR_MS)),
      ...aligner.push(frame("a", HOUR_MS + 40)),
    ];
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(rows).toHaveLength(251);
    expect(rows.slice(0, 250).every(({ skipped }) => skipped === undefined)).toBe(true);
    expect(rows.at(-1)).toMatchObject({
      time: 1_000_000 + HOUR_MS * 1_000,
      index: HOUR_MS / 40,
      skipped: HOUR_MS / 40 - 251,
      cells: { a: { presence: "real" }, b: { presence: "real" } },
    });
    expect(aligner.counters()).toMatchObject({ rows: 252, skipped: HOUR_MS / 40 - 251 });
  });

  it("nobody has to know what is in between: a year is passed over as fast", () => {
    const aligner = started({ a: exact() }, { longestEmpty: micros(0) });
    outcomes(aligner, [frame("a", 0)]);
    const year = 365 * 24 * HOUR_MS;
    const rows = aligner.push(frame("a", year));
    expect(rows).toMatchObject([{ index: year / 40, skipped: year / 40 - 1 }]);
  });

  it("a configuration that came in between still splits the rows at its origin", () => {
    const aligner = started({ a: exact() }, { longestEmpty: micros(0) });
    const change = config(["a"], { version: 2, origin: 1_010, period: 100 });
    expect(outcomes(aligner, [frame("a", 0), change, frame("a", 2_010)])).toEqual([
      "0: a=0",
      "",
      "2010: a=2010",
    ]);
    // 40 to 1000 every 40, then 1010 to 1910 every 100.
    expect(aligner.counters().skipped).toBe(25 + 10);
  });
});

it("a frame that still holds is something", () => {
  const aligner = started({ a: last({ maxAge: seconds(1) }) }, { longestEmpty: micros(0) });
  const rows = outcomes(aligner, [frame("a", 0), frame("a", 2_000)]);
  expect(rows[1]?.split("; ")).toHaveLength(26);
  expect(rows[1]).toMatch(/1000: a~0; 2000: a=2000$/);
});

it("what is late for a row is late for an instant without one", () => {
  const aligner = started(
    { a: exact(), b: exact() },
    { longestEmpty: micros(0), skew: millis(50) },
  );
  outcomes(aligner, [notice("IDLE", "b"), frame("a", 0), frame("a", 400)]);
  outcomes(aligner, [frame("b", 200)]);
  expect(aligner.counters().streams["b"]).toMatchObject({ late: 1 });
});

it("rows are told however long nothing was there, where that is asked for", () => {
  const longestEmpty = micros(Number.POSITIVE_INFINITY);
  const aligner = started({ a: exact() }, { longestEmpty });
  outcomes(aligner, [frame("a", 0)]);
  expect(aligner.push(frame("a", 60_000))).toHaveLength(1_500);
});

it("no instant is passed over as long as a frame may come that is near enough to it", () => {
  const aligner = started({ a: nearest({ tolerance: millis(30) }) }, { longestEmpty: micros(0) });
  expect(outcomes(aligner, [heartbeat("a", 981), frame("a", 985)])).toEqual(["", "960: a=985"]);
});
