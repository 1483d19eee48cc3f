import { cp, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { LogRecord } from "../../src/log/LogRecord.ts";
import { readLog } from "../../src/log/readLog.ts";
import type { LearnOptions, RunOptions } from "../../src/pipeline/RunOptions.ts";
import { readingLine } from "../../src/pipeline/readingLine.ts";
import { replayLog } from "../../src/pipeline/replayLog.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { micros, seconds } from "../../src/units.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

type ModelRecord = Extract<LogRecord, { kind: "MODEL" }>;

/** Learns fast and publishes whatever it has learnt: what is tested here is the order of things. */
const ungated: LearnOptions = (() => {
  const online = { candidateEvery: 25, leastLearnt: 2, batch: 2, heldEvery: 1_000 };
  return { online: { ...online, gate: undefined as never, codebook: { tau: 4e6, maxStep: 0.5 } } };
})();

let tiny: TinyPipeline;
beforeAll(async () => {
  tiny = await tinyPipeline(6);
}, 60_000);
afterAll(() => tiny[Symbol.asyncDispose]());

interface Said {
  readonly readings: readonly string[];
  readonly versions: readonly string[];
  readonly before: number;
  readonly problems: readonly string[];
}

/** A session in which somebody labels, pins and rolls back; `acts` false for one that only goes on. */
async function session(options: Partial<RunOptions>, acts: boolean): Promise<Said> {
  await using run = await startPipeline(tiny.definition, {
    ...tiny.options,
    learn: ungated,
    ...options,
  });
  const readings: string[] = [];
  const problems: string[] = [];
  run.problems.subscribe(({ text }) => problems.push(text));
  let moment = run.resumedAt.moments;
  run.moments.subscribe(({ reading }) => {
    readings.push(readingLine(reading));
    moment++;
    if (!acts) return;
    // Late by a second, each about another tenth of a second.
    if (moment % 3 === 0) {
      const from = micros(reading.labelTime - 1e6);
      const label = moment % 2 === 0 ? "one" : "two";
      run.label({ label, from, to: micros(from + 1e5), by: "anna", slot: "number" });
    }
    if (moment === 80) expect(run.learning.rollback("anna")).toBeUndefined();
    if (moment === 100) expect(run.learning.pin(run.model.version, "anna")).toBeUndefined();
    if (moment === 120) expect(run.learning.unpin("anna")).toBeUndefined();
  });
  await run.go();
  const versions = run.learning.report().changes.map(({ version }) => version);
  return { readings, versions, before: run.resumedAt.moments, problems };
}

async function modelsIn(log: string): Promise<readonly ModelRecord[]> {
  const found: ModelRecord[] = [];
  for await (const record of readLog(log)) if (record.kind === "MODEL") found.push(record);
  return found;
}

describe("a run that learns", { timeout: 240_000 }, () => {
  it("is replayed to the same bytes, versions, pins and rollbacks included", async () => {
    const record = join(tiny.folder, "session.mcap");
    const live = await session({ record }, true);
    expect(live.problems).toEqual([]);
    const models = await modelsIn(record);
    const causes = new Set(models.map(({ cause }) => cause));
    expect([...causes].toSorted()).toEqual(["learnt", "pin", "rollback", "unpin", undefined]);
    expect(models.filter(({ cause }) => cause === "learnt").length).toBeGreaterThan(2);
    // What answers changes with the versions: readings of several are among them.
    const answering = live.readings.map((line) => (JSON.parse(line) as { model: string }).model);
    expect(new Set(answering).size).toBeGreaterThan(3);

    const replayed: string[] = [];
    const relearnt: string[] = [];
    await replayLog(tiny.definition, {
      records: readLog(record),
      answerWith: [],
      device: "cpu",
      threads: 1,
      relearn: {
        learn: ungated,
        decided: (decision) => {
          if (decision.kind === "publish") relearnt.push(decision.learnt.version);
        },
      },
      watch: ({ moments }) => {
        moments.subscribe(({ reading }) => replayed.push(readingLine(reading)));
      },
    });
    expect(replayed).toEqual(live.readings);
    // And what is learnt from the log again are the very versions on record.
    const published = models
      .filter(({ cause }) => cause === "learnt")
      .map((model) => model.version);
    expect(published.every((version) => relearnt.includes(version))).toBe(true);
  });

  it("goes on after a crash as if there had been none", async () => {
    const log = join(tiny.folder, "whole.mcap");
    const learn = { ...ungated, truthEvery: 1 };
    const recording = { checkpoints: seconds(1) };
    const whole = await session({ record: log, recording, learn }, false);
    expect(whole.versions.length).toBeGreaterThan(1);
    for (const share of [0.45, 0.8]) {
      const record = join(tiny.folder, "torn.mcap");
      await cp(log, record);
      await truncate(record, Math.floor((await stat(record)).size * share));
      const resumed = await session(
        { record, learn, recording: { ...recording, resume: {} } },
        false,
      );
      expect(resumed.before, `cut at ${share}`).toBeGreaterThan(0);
      expect(resumed.readings, `cut at ${share}`).toEqual(whole.readings.slice(resumed.before));
      const [made, wanted] = [await modelsIn(record), await modelsIn(log)];
      expect(made, `cut at ${share}`).toEqual(wanted);
      await rm(record);
    }
  });

  it("serves on what was learnt when it is resumed without learning", async () => {
    const record = join(tiny.folder, "later.mcap");
    await session({ record }, true);
    const last = (await modelsIn(record)).at(-1);
    await using run = await startPipeline(tiny.definition, {
      ...tiny.options,
      record,
      recording: { resume: {} },
    });
    await run.go();
    expect(run.learning.report().serving).toBe(last?.version);
    expect(run.learning.report().learner).toBeUndefined();
  });

  it("does not learn the feed's own truth unless told to", async () => {
    const { versions } = await session({}, false);
    expect(versions).toHaveLength(1);
  });
});
