import { expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { exact } from "../../src/align/Policy.ts";
import { SkewTuner } from "../../src/align/SkewTuner.ts";
import { ConfigError } from "../../src/errors.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { millis, seconds } from "../../src/units.ts";
import { config, frame, notice, outcomes } from "./chart.ts";

/** Two streams at 50 Hz for `length` ms; `b` comes `lag` ms behind `a`. */
function pair(length: number, lag: number, from = 0): LogRecord[] {
  const log: LogRecord[] = [];
  for (let at = from; at < from + length; at += 20) {
    log.push(frame("a", at));
    if (at - lag >= from) log.push(frame("b", at - lag, { arrival: at }));
  }
  return log;
}

function proposals(tuner: SkewTuner, log: readonly LogRecord[]): number[] {
  return log
    .flatMap((record) => tuner.observe(record))
    .map((record) => (record.kind === "SKEW" ? record.skew / 1_000 : Number.NaN));
}

it("proposes twice the distance by which healthy streams run apart", () => {
  const tuner = new SkewTuner({ initial: millis(2_000) });
  const found = proposals(tuner, pair(60_000, 200));
  expect(found).toHaveLength(1);
  // b was last seen 220 ms behind a when it moved on; a bin is 10 % wide.
  expect(found[0]).toBeGreaterThanOrEqual(2 * 220);
  expect(found[0]).toBeLessThanOrEqual(2 * 220 * 1.1);
});

it("says nothing while the bound fits, or before it has seen enough", () => {
  expect(proposals(new SkewTuner({ initial: millis(440) }), pair(60_000, 200))).toEqual([]);
  expect(proposals(new SkewTuner({ initial: millis(2_000) }), pair(9_000, 200))).toEqual([]);
});

it("keeps within its floor and ceiling", () => {
  expect(proposals(new SkewTuner({ initial: seconds(1) }), pair(60_000, 0))).toEqual([100]);
  const ceiling = seconds(1);
  const tuner = new SkewTuner({ initial: millis(100), ceiling });
  expect(proposals(tuner, pair(60_000, 900))).toEqual([1_000]);
});

it("does not take dropouts for a lag, however many", () => {
  const tuner = new SkewTuner({ initial: millis(440) });
  const log: LogRecord[] = [];
  for (let from = 0; from < 90_000; from += 3_000) {
    log.push(...pair(2_000, 200, from), notice("IDLE", "b", from + 2_200));
    for (let at = from + 2_000; at < from + 3_000; at += 20) log.push(frame("a", at));
  }
  expect(proposals(tuner, log)).toEqual([]);
});

it("follows when the lag changes for good", () => {
  const tuner = new SkewTuner({ initial: millis(440) });
  const found = proposals(tuner, [...pair(60_000, 200), ...pair(60_000, 600, 60_000)]);
  expect(found.at(-1)).toBeGreaterThanOrEqual(2 * 620);
  expect(found.at(-1)).toBeLessThanOrEqual(2 * 620 * 1.1);
});

it("its record sets the aligner's bound from there on", () => {
  const aligner = new Aligner({ columns: { a: exact(), b: exact() }, skew: seconds(1) });
  const skew: LogRecord = { kind: "SKEW", logTime: millis(1_000), skew: millis(50) };
  const records = [config(["a", "b"]), frame("a", 0), frame("a", 60), skew, frame("a", 91)];
  expect(outcomes(aligner, records)).toEqual([
    "",
    "",
    "",
    "0: a=0 b-never-seen",
    "40: a-gap b-never-seen",
  ]);
});

it("refuses bounds that cannot be", () => {
  expect(() => new SkewTuner({ initial: seconds(1), floor: seconds(3) })).toThrow(ConfigError);
  expect(() => new SkewTuner({ initial: seconds(1), interval: seconds(0) })).toThrow(ConfigError);
});
