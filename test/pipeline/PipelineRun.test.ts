import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readingLine } from "../../src/cli/readingLine.ts";
import { readLog } from "../../src/log/readLog.ts";
import type { Moment } from "../../src/pipeline/Moment.ts";
import type { RunOptions } from "../../src/pipeline/RunOptions.ts";
import { RunReport, type RunSummary } from "../../src/pipeline/RunReport.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { seconds } from "../../src/units.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

let tiny: TinyPipeline;
/** The recording without any mishap. */
let whole: Outcome;
beforeAll(async () => {
  tiny = await tinyPipeline(4);
  whole = await go();
}, 60_000);
afterAll(() => tiny[Symbol.asyncDispose]());

interface Outcome {
  readonly moments: readonly Moment[];
  readonly summary: RunSummary;
  /** The readings log, byte for byte. */
  readonly readings: string;
}

async function go(options: Partial<RunOptions> = {}): Promise<Outcome> {
  await using run = await startPipeline(tiny.definition, { ...tiny.options, ...options });
  const report = new RunReport(run);
  const moments: Moment[] = [];
  run.moments.subscribe((moment) => moments.push(moment));
  await run.go();
  return {
    moments,
    summary: report.summary(),
    readings: moments.map(({ reading }) => readingLine(reading)).join(""),
  };
}

/** Seconds from the start of the feed of the moments in which `stream` was missing. */
function missing({ moments }: Outcome, stream: string): number[] {
  const origin = moments[0]?.frameset.time ?? 0;
  return moments
    .filter(({ frameset }) => frameset.cells[stream]?.presence === "missing")
    .map(({ frameset }) => (frameset.time - origin) / 1e6);
}

// Each run starts real processes, which takes seconds where the machine is busy.
describe("a run of a pipeline, its sensors in processes of their own", { timeout: 60_000 }, () => {
  it("gives every grid instant of the recording a frameset and a reading", async () => {
    const { moments, summary } = whole;
    expect(moments).toHaveLength(100);
    expect(moments.every(({ frameset }, k) => frameset.index === k)).toBe(true);
    expect(summary).toMatchObject({
      pipeline: "tiny",
      framesets: 100,
      readings: 100,
      dropped: {},
      outputGapMs: 40,
    });
    expect(summary.slotAccuracy).toHaveProperty("number");
  });

  it("says the same, byte for byte, when it runs again", async () => {
    expect((await go()).readings).toBe(whole.readings);
  });

  it("goes on without a sensor that is killed, and takes it back", async () => {
    const outcome = await go({ drops: [{ stream: "a", from: seconds(1), to: seconds(2) }] });
    expect(outcome.moments).toHaveLength(100);
    const gone = missing(outcome, "a");
    // What was sensed at 1.00 s is held for 60 ms; the next process senses from 2.04 s on.
    expect(gone[0]).toBeCloseTo(1.08, 6);
    expect(gone.at(-1)).toBeCloseTo(2, 6);
    expect(gone).toHaveLength(24);
    expect(missing(outcome, "b")).toEqual([]);
    expect(outcome.summary.outputGapMs).toBeLessThanOrEqual(250);
    expect(outcome.summary.dropped).toEqual({});
    // What the other stream says by itself does not depend on the one that was dropped.
    const alone = ({ moments }: Outcome): unknown[] =>
      moments.map(({ reading }) => reading.streams["b"]?.logProbabilities);
    expect(alone(outcome)).toEqual(alone(whole));
  });

  it("runs without a sensor that was never started", async () => {
    const outcome = await go({ without: ["b"] });
    expect(outcome.moments).toHaveLength(100);
    expect(missing(outcome, "b")).toHaveLength(100);
    expect(outcome.summary.streams["b"]?.state).toBe("unplugged");
  });

  it("records a log from which the same framesets follow", async () => {
    const record = join(tiny.folder, "log.mcap");
    const live = await go({ record });
    const kinds = new Map<string, number>();
    for await (const { kind } of readLog(record)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    expect(kinds.get("CONFIG")).toBe(1);
    expect(kinds.get("MODEL")).toBe(1);
    expect(kinds.get("LABEL")).toBe(1);
    expect(kinds.get("CLOSED")).toBe(2);
    expect(kinds.get("DATA")).toBeGreaterThan(0);
    expect((await stat(record)).size).toBeGreaterThan(0);
    expect(live.moments).toHaveLength(100);
  });

  it("refuses streams that the pipeline does not have", async () => {
    await expect(go({ without: ["smell"] })).rejects.toThrow(
      "expected one of its streams a, b, got smell",
    );
  });
});
