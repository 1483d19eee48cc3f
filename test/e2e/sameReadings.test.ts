import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { filter, firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import bodyActions from "../../pipelines/body-actions/pipeline.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import { definePipeline } from "../../src/pipeline/definePipeline.ts";
import type { Feed } from "../../src/pipeline/Feed.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { seconds } from "../../src/units.ts";
import { npyFile } from "../support/npyFile.ts";
import { SENSORS } from "../support/tinyPipeline.ts";

const script = fileURLToPath(new URL("../../sensors/examples/bare.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const data = join(process.env["SENSORIUM_DATA"] ?? "../shared/data", "utd_mhad");

const STREAM = "inertial";
/** Numbers in a frame, and frames a second. */
const [WIDTH, RATE] = [6, 50] as const;
/** Rows with the stream that are waited for: as many as it takes until a busy machine has begun twice. */
const ROWS = 220;
/** Rows that the model looks back and ahead, with room to spare. */
const MEMORY = 60;

/** Patient with a busy machine: what is compared is what is said, not how soon. */
const patient = definePipeline({
  ...bodyActions,
  grid: { ...bodyActions.grid, skew: seconds(5), future: seconds(5) },
  streams: Object.fromEntries(
    Object.entries(bodyActions.streams).map(([name, { description, ...plan }]) => [
      name,
      { ...plan, description: { ...description, idleTimeout: seconds(5) } },
    ]),
  ),
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-same-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a run heard of the stream and said of it. */
interface Run {
  /** All that came in, from the first frame on, and when that was, in µs from the run's origin. */
  readonly frames: readonly number[];
  readonly began: number;
  /** Row by row: the samples in it, and all that the model says of them. */
  readonly rows: ReadonlyMap<number, string>;
}

/** Runs the pipeline on the stream alone, by a sensor of ours, or by Python with frames that one gave. */
async function runOn(feed: Feed, heard?: Run): Promise<Run> {
  const { [STREAM]: plan } = feed.sensors;
  const path = join(folder, "frames.npy");
  let publisher: ChildProcess | undefined;
  await using run = await startPipeline(patient, {
    feed: { ...feed, sensors: heard === undefined && plan !== undefined ? { [STREAM]: plan } : {} },
    ...{ pace: "realtime", loop: true, without: [], drops: [], answerWith: [] },
    ...{ device: "cpu", threads: 1, seed: 1, sensors: SENSORS },
  });
  const rows = new Map<number, string>();
  const frames: number[] = [];
  let began: number | undefined;
  run.records.subscribe((record) => {
    if (record.kind !== "DATA" || record.chunk.stream !== STREAM) return;
    began ??= (record.chunk.originTimes[0] ?? 0) - run.origin;
    frames.push(...borrowNumbers(record.chunk.payload, "f32"));
  });
  const enough = firstValueFrom(run.moments.pipe(filter(() => rows.size >= ROWS)));
  run.moments.subscribe(({ frameset, reading }) => {
    const cell = frameset.cells[STREAM];
    const said = reading.streams[STREAM];
    if (cell === undefined || cell.presence === "missing" || said === undefined) return;
    const samples = [...borrowNumbers(cell.payload, "f32")];
    const { code, logProbabilities } = said;
    const answer = [logProbabilities, reading.logProbabilities].map((values) => [...values]);
    rows.set(frameset.index, JSON.stringify({ samples, code, answer }));
  });
  const going = run.go();
  try {
    if (heard !== undefined) {
      const all = Float32Array.from(heard.frames);
      await writeFile(path, npyFile(all, [all.length / WIDTH, WIDTH]));
      const start = String(run.origin + heard.began);
      const told = [script, run.endpoint, `${patient.site}/${STREAM}`, path, String(RATE), start];
      publisher = spawn("python3", told, { stdio: ["ignore", "inherit", "inherit"] });
    }
    await enough;
  } finally {
    publisher?.kill("SIGKILL");
    await run[Symbol.asyncDispose]();
    await going;
  }
  return { rows, frames, began: began ?? 0 };
}

/** Compares what both say of the rows that both saw, past what the model remembers of how each began. */
function expectSame(one: Run["rows"], other: Run["rows"]): void {
  const began = Math.max(Math.min(...one.keys()), Math.min(...other.keys())) + MEMORY;
  const both = [...one.keys()].filter((index) => index >= began && other.has(index));
  expect(both.length).toBeGreaterThan(ROWS / 4);
  expect(both.map((index) => other.get(index))).toEqual(both.map((index) => one.get(index)));
  // Not always the same: something is said of something.
  expect(new Set(both.map((index) => one.get(index))).size).toBeGreaterThan(ROWS / 8);
}

const skip = hasPython ? "" : " (skipped: no python3)";
describe.skipIf(!hasPython)(`a body's motion, published from Python${skip}`, () => {
  const request = { live: false, split: "dev", seed: 1, count: 12 };

  it("is read as that of the built-in sensor is: a drawn figure's", async () => {
    const feed = await bodyActions.feed({ ...request, data: "generated" });
    const builtIn = await runOn(feed);
    expectSame(builtIn.rows, (await runOn(feed, builtIn)).rows);
  }, 240_000);

  const hasData = existsSync(join(data, "meta.json"));
  it.skipIf(!hasData)(
    `is read as that of the built-in data-set sensor is: UTD-MHAD's${hasData ? "" : " (skipped: no utd_mhad here)"}`,
    async () => {
      const feed = await bodyActions.feed({ ...request, data: resolve(data) });
      const builtIn = await runOn(feed);
      expectSame(builtIn.rows, (await runOn(feed, builtIn)).rows);
    },
    240_000,
  );
});
