import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reading } from "../../src/frames/Reading.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { readLog } from "../../src/log/readLog.ts";
import type { Moment } from "../../src/pipeline/Moment.ts";
import type { RunOptions } from "../../src/pipeline/RunOptions.ts";
import { RunReport, type RunSummary } from "../../src/pipeline/RunReport.ts";
import { readingLine } from "../../src/pipeline/readingLine.ts";
import { replayLog } from "../../src/pipeline/replayLog.ts";
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
  /** SHA-256 of the readings log. */
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
    readings: digestOf(moments.map(({ reading }) => reading)),
  };
}

function digestOf(readings: readonly Reading[]): string {
  const hash = createHash("sha256");
  for (const reading of readings) hash.update(readingLine(reading));
  return hash.digest("hex");
}

async function logOf(path: string): Promise<LogRecord[]> {
  const log: LogRecord[] = [];
  for await (const record of readLog(path)) log.push(record);
  return log;
}

async function replayed(records: readonly LogRecord[]): Promise<string> {
  const readings: Reading[] = [];
  const { device, threads, answerWith } = tiny.options;
  await replayLog(tiny.definition, {
    records,
    device,
    threads,
    answerWith,
    watch: ({ moments }) => moments.subscribe(({ reading }) => readings.push(reading)),
  });
  return digestOf(readings);
}

/**
 * The same log with the streams' messages in another order: what one stream says comes up to three of
 * its periods later relative to the other, less than the skew bound; within a stream nothing moves.
 */
function shuffled(log: readonly LogRecord[]): LogRecord[] {
  const delay = (record: LogRecord): number => {
    if (record.kind === "DATA") return record.chunk.stream === "a" ? 0 : 90_000;
    return "stream" in record && record.stream === "b" ? 90_000 : 0;
  };
  return log
    .map((record, at) => ({ record, at, when: record.logTime + delay(record) }))
    .sort((x, y) => x.when - y.when || x.at - y.at)
    .map(({ record }) => record);
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
    // Given back at 2.00 s it senses that very instant, whose row was settled without it.
    expect(outcome.summary.dropped).toEqual({ late: 1 });
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

  it("says the same of its log, replayed without any sensor", async () => {
    const record = join(tiny.folder, "dropped.mcap");
    const drops = [{ stream: "a", from: seconds(1), to: seconds(2) }];
    const live = await go({ record, drops });
    expect(await replayed(await logOf(record))).toBe(live.readings);
  });

  it("says the same in whatever order the streams' messages came in", async () => {
    const record = join(tiny.folder, "whole.mcap");
    const live = await go({ record });
    const log = await logOf(record);
    const other = shuffled(log);
    expect(other).not.toEqual(log);
    expect(await replayed(other)).toBe(live.readings);
  });

  it("ends with what goes wrong on the way, also on the machine's clock", async () => {
    let asked = 0;
    const feed = {
      ...tiny.options.feed,
      get truth(): never[] {
        if (asked++ > 20) throw new RangeError("nobody knows the truth any more");
        return [];
      },
    };
    const failing = go({ feed, pace: "realtime", without: ["a", "b"] });
    await expect(failing).rejects.toThrow("nobody knows the truth any more");
  });

  it("refuses streams that the pipeline does not have", async () => {
    await expect(go({ without: ["smell"] })).rejects.toThrow(
      "expected one of its streams a, b, got smell",
    );
  });
});
