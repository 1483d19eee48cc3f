import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";

import type { EventSpan, Label } from "../../src/frames/EventSpan.ts";
import type { Moment } from "../../src/pipeline/Moment.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { RunReport } from "../../src/pipeline/RunReport.ts";
import { micros, millis, seconds } from "../../src/units.ts";

const ORIGIN = seconds(1_000);
const PERIOD = millis(40);
const truth: readonly Label[] = [
  { label: "clap", slot: "event", by: "truth", from: seconds(1), to: seconds(2) },
];

/** A run as a report sees it, its moments and events told by the test. */
function told(options: { readonly truth: readonly Label[]; readonly loop: boolean }) {
  const moments = new Subject<Moment>();
  const events = new Subject<readonly EventSpan[]>();
  const run = {
    ...{ moments, events, origin: ORIGIN, now: () => ORIGIN, finalDelay: micros(0) },
    definition: {
      ...{ name: "p", slots: { event: ["clap", "knock"] }, streams: { a: {} } },
      ...{ grid: { period: PERIOD }, answerStreams: [] },
    },
    options: {
      ...{ pace: "realtime", loop: options.loop, without: [], answerWith: [] },
      feed: { name: "feed", duration: seconds(4), truth: options.truth },
    },
    model: {
      version: "m",
      device: "cpu",
      lookAhead: 0,
      classes: ["nothing", "clap", "knock"],
      prior: [1, 1, 1],
    },
    streams: () => [],
    counters: () => ({ framesets: 0, moments: 0, refusedRows: 0, stageRestarts: 0 }),
    learning: { report: () => ({ serving: "m", changes: [] }) },
  };
  const report = new RunReport(run as unknown as PipelineRun);
  const moment = (row: number, classes = 3): void => {
    const labelTime = micros(ORIGIN + row * PERIOD);
    const clap = row >= 25 && row < 50;
    const logProbabilities = new Float32Array(classes).fill(-9);
    logProbabilities[clap ? 1 : 0] = 0;
    const reading = {
      labelTime,
      logProbabilities,
      subsets: [{ streams: ["a"], logProbabilities }],
    };
    moments.next({ reading, answer: reading, delay: { total: 1, hops: {} } } as unknown as Moment);
  };
  const event = (id: number, from: number): void => {
    const span = { id: `${id}`, label: "clap", score: 1, modalities: ["a"], state: "final" };
    const [begin, end] = [micros(ORIGIN + from * 1e6), micros(ORIGIN + (from + 1) * 1e6)];
    events.next([{ ...span, from: begin, to: end } as unknown as EventSpan]);
  };
  return { report, moment, event };
}

function heap(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

describe("the report of a run", () => {
  it("scores the first time through a feed that starts over, and no later one", () => {
    const { report, moment, event } = told({ truth, loop: true });
    for (let row = 0; row < 300; row++) moment(row);
    event(1, 1);
    for (const from of [5, 9, 13]) event(from, from);
    expect(report.summary()).toMatchObject({ eventF1: 1, slotAccuracy: { event: 1 } });
    expect(report.summary().events).toHaveLength(4);
  });

  it.each([
    ["whose feed starts over", truth],
    ["of which nobody knows the truth", []],
  ])("takes no more memory after hours than after seconds of a run %s", (_, known) => {
    const { report, moment, event } = told({ truth: known, loop: true });
    for (let row = 0; row < 1_000; row++) moment(row, 100);
    for (let id = 0; id < 11_000; id++) event(id, 100 + id);
    const before = heap();
    for (let row = 1_000; row < 41_000; row++) moment(row, 100);
    for (let id = 0; id < 5_000; id++) event(id, 20_000 + id);
    // What a moment takes is some 400 bytes of numbers at least.
    expect((heap() - before) / 40_000).toBeLessThan(100);
    expect(report.summary().events).toHaveLength(10_000);
  });
});
