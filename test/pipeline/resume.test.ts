import { cp, mkdir, readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { last } from "../../src/align/Policy.ts";
import { fileMetadata } from "../../src/log/fileMetadata.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { packValue, unpackValue } from "../../src/log/packValue.ts";
import { readLog } from "../../src/log/readLog.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import type { RunOptions } from "../../src/pipeline/RunOptions.ts";
import { readingLine } from "../../src/pipeline/readingLine.ts";
import { recordedPart } from "../../src/pipeline/recordedPart.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import type { StageModel } from "../../src/stage/Stage.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros, millis, seconds } from "../../src/units.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

/** `RESUMES=50 npx vitest run test/pipeline/resume.test.ts` cuts more often. */
const cuts = Number(process.env["RESUMES"] ?? 2);
const drops = [{ stream: "a", from: seconds(1), to: seconds(2) }];

let tiny: TinyPipeline;
/** A log with many checkpoints, for whoever leaves it as it is. */
let recorded: string;
beforeAll(async () => {
  tiny = await tinyPipeline(4);
  recorded = join(tiny.folder, "recorded.mcap");
  await go({ record: recorded, recording: { checkpoints: millis(400) } });
}, 180_000);
afterAll(() => tiny[Symbol.asyncDispose]());

interface Said {
  readonly readings: readonly string[];
  readonly spans: readonly string[];
  /** How much of it an earlier run had said at the place that was gone on from. */
  readonly before: { readonly moments: number; readonly spans: number };
}

async function go(options: Partial<RunOptions>): Promise<Said> {
  await using run = await startPipeline(tiny.definition, { ...tiny.options, drops, ...options });
  const readings: string[] = [];
  const spans: string[] = [];
  run.moments.subscribe(({ reading }) => readings.push(readingLine(reading)));
  run.events.subscribe((told) => spans.push(...told.map((span) => JSON.stringify(span))));
  await run.go();
  return { readings, spans, before: run.resumedAt };
}

/** A copy of a log as a crash may have left it. */
async function torn(log: string, copy: string, share: number): Promise<string> {
  await cp(log, copy, { recursive: true });
  let file = copy;
  if ((await stat(copy)).isDirectory()) {
    const names = (await readdir(copy)).toSorted();
    const last = Math.min(names.length - 1, Math.floor(names.length * share));
    for (const name of names.slice(last + 1)) await rm(join(copy, name));
    file = join(copy, names[last] ?? "");
  }
  await truncate(file, Math.floor((await stat(file)).size * share));
  return copy;
}

describe("a run that was killed", { timeout: 60_000 + cuts * 60_000 }, () => {
  for (const [name, recording] of [
    ["in one file", { checkpoints: seconds(1) }],
    ["in segments", { checkpoints: seconds(10), segments: { span: seconds(1) } }],
  ] as const)
    it(`goes on where it was and says what the uninterrupted one says: ${name}`, async () => {
      const log = join(tiny.folder, name);
      const whole = await go({ record: log, recording });
      expect(whole.readings).toHaveLength(100);
      const rng = Rng.fromSeed(9);
      for (let cut = 0; cut < cuts; cut++) {
        const share = cut === 0 ? 1 : rng.uniform();
        const record = await torn(log, join(tiny.folder, `${name} ${cut}`), share);
        const resumed = await go({ record, recording: { ...recording, resume: {} } });
        const { moments, spans } = resumed.before;
        expect(resumed.readings, `cut at ${share}`).toEqual(whole.readings.slice(moments));
        expect(resumed.spans, `cut at ${share}`).toEqual(whole.spans.slice(spans));
        if (share > 0.6) expect(moments).toBeGreaterThan(0);
        // The digest of all readings went on too.
        const [noted, wanted] = await Promise.all([record, log].map((file) => fileMetadata(file)));
        expect(noted?.metadata["readings-sha256"]).toBe(wanted?.metadata["readings-sha256"]);
        await rm(record, { recursive: true });
      }
    });

  it("goes on before the last checkpoint where its outputs had not come so far", async () => {
    const record = await torn(recorded, join(tiny.folder, "behind.mcap"), 1);
    const resume = { moments: 43 };
    const { before } = await go({ record, recording: { resume } });
    expect(before.moments).toBeGreaterThan(30);
    expect(before.moments).toBeLessThanOrEqual(43);
  });

  it("goes on from the log alone where another version of the program took the checkpoints", async () => {
    const record = join(tiny.folder, "older.mcap");
    const records: LogRecord[] = [];
    for await (const one of readLog(recorded))
      records.push(
        one.kind === "CHECKPOINT"
          ? { ...one, state: packValue({ ...(unpackValue(one.state) as object), format: 3 }) }
          : one,
      );
    const { metadata = {} } = (await fileMetadata(recorded)) ?? {};
    await writeLog(record, records, { metadata });
    const { readings, before } = await go({ record, recording: { resume: {} } });
    expect(before).toEqual({ moments: 0, spans: 0 });
    expect(readings).toHaveLength(100);
  });

  it("stops making again what was on record when it is told to end", async () => {
    const record = join(tiny.folder, "long.mcap");
    const recording = { checkpoints: seconds(1_000) };
    await go({ record, recording });
    const options = { ...tiny.options, record, recording: { ...recording, resume: {} } };
    const run = await startPipeline(tiny.definition, options);
    const going = run.go();
    await run[Symbol.asyncDispose]();
    await going;
    expect(run.counters().framesets).toBeLessThan(100);
  });

  it("begins a log where there is none", async () => {
    const record = join(tiny.folder, "new.mcap");
    const { readings } = await go({ record, recording: { resume: {} } });
    expect(readings).toHaveLength(100);
    let checkpoints = 0;
    for await (const { kind } of readLog(record)) if (kind === "CHECKPOINT") checkpoints++;
    // Each ten seconds unless told otherwise.
    expect(checkpoints).toBe(0);
  });

  it("begins where a crash came before the first bytes of a log", async () => {
    const record = join(tiny.folder, "begun");
    await mkdir(record);
    const recording = { segments: { span: seconds(1) }, resume: {} };
    await using run = await startPipeline(tiny.definition, { ...tiny.options, record, recording });
    expect(run.resumedAt).toEqual({ moments: 0, spans: 0 });
  });

  it("is refused the log of another pipeline", async () => {
    const definition = { ...tiny.definition, name: "other" };
    const options = { ...tiny.options, record: recorded, recording: { resume: {} } };
    await expect(startPipeline(definition, options)).rejects.toThrow(
      "expected a log of pipeline other, got one of tiny",
    );
  });

  it("is refused once a policy has changed, since rows that are out would say something else", async () => {
    const options = { ...tiny.options, record: recorded, recording: { resume: {} } };
    await expect(startPipeline(changed(), options)).rejects.toThrow(
      "got one from before its grid and stream a changed: record into another file",
    );
  });

  it("is no help to a replay under another policy, which begins at the log's start", async () => {
    const log = recorded;
    let version = "";
    for await (const record of readLog(log)) if (record.kind === "MODEL") version = record.version;
    const part = (definition: TinyPipeline["definition"]) =>
      recordedPart({ version } as StageModel, { log, definition, from: micros(2e15) });
    expect(await part(tiny.definition)).toHaveProperty("state");
    expect(await part(changed())).not.toHaveProperty("state");
  });
});

/** The pipeline, but for what a row takes of one stream and how long rows tell of nothing. */
function changed(): TinyPipeline["definition"] {
  const { definition } = tiny;
  const { a, b } = definition.streams;
  if (a === undefined || b === undefined) throw new Error("streams a and b expected");
  return {
    ...definition,
    grid: { ...definition.grid, longestEmpty: seconds(20) },
    streams: { a: { ...a, policy: last({ maxAge: millis(40) }) }, b },
  };
}
