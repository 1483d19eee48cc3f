import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filter, firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { last } from "../../src/align/Policy.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import { definePipeline, type PipelineDefinition } from "../../src/pipeline/definePipeline.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { hertz, millis, seconds } from "../../src/units.ts";
import { npyFile } from "../support/npyFile.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

const script = fileURLToPath(new URL("../../sensors/examples/bare.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const utd = join(process.env["SENSORIUM_DATA"] ?? "../shared/data", "utd_mhad/inertial_dev.npy.gz");

/** Rows a second of the stream. */
const RATE = 50;
/** Rows with it that are waited for: as many as it takes until a busy machine has begun twice. */
const ROWS = 300;
/** Rows that the tiny model looks back, with room to spare. */
const MEMORY = 16;

let tiny: TinyPipeline;
beforeAll(async () => {
  tiny = await tinyPipeline(2);
}, 60_000);
afterAll(() => tiny[Symbol.asyncDispose]());

/** The tiny pipeline with a stream of six numbers of a body's motion in place of its second one. */
function motionPipeline(dtype: "f32" | "i16"): PipelineDefinition {
  const { b, ...others } = tiny.definition.streams;
  if (b === undefined) throw new Error("expected a stream b");
  return definePipeline({
    ...tiny.definition,
    // Patient with a busy machine: what is compared is what is said, not how soon.
    grid: { ...tiny.definition.grid, skew: seconds(5), future: seconds(5) },
    streams: {
      ...others,
      b: {
        ...b,
        description: {
          ...b.description,
          dtype,
          shape: [6],
          rate: hertz(RATE),
          idleTimeout: seconds(5),
        },
        policy: last({ maxAge: millis(60) }),
        features: () => ({
          ...b.features(),
          push: (cell) => {
            if (cell.presence === "missing") return undefined;
            const values = borrowNumbers(cell.payload, dtype);
            return Float32Array.from(
              { length: 3 },
              (_, i) => (values[i] ?? 0) - (values[i + 3] ?? 0),
            );
          },
        }),
      },
    },
  });
}

/** What the pipeline says of the stream, row by row, when something feeds it. */
async function said(
  dtype: "f32" | "i16",
  feeds: { readonly path: string; readonly by: "sensor" | "Python" },
): Promise<ReadonlyMap<number, string>> {
  const { name, truth } = tiny.options.feed;
  const array = { kind: "array", options: { path: feeds.path } };
  let publisher: ChildProcess | undefined;
  await using run = await startPipeline(motionPipeline(dtype), {
    ...tiny.options,
    feed: { name, truth, sensors: feeds.by === "sensor" ? { b: array } : {} },
    pace: "realtime",
  });
  const rows = new Map<number, string>();
  const enough = firstValueFrom(run.moments.pipe(filter(() => rows.size >= ROWS)));
  run.moments.subscribe(({ frameset, reading }) => {
    const { index, cells } = frameset;
    const b = cells["b"];
    if (b?.presence !== "real") return;
    const { code, logProbabilities } = reading.streams["b"] ?? {};
    const payload = [...borrowNumbers(b.payload, dtype)];
    const at = b.originTime - run.origin;
    rows.set(index, JSON.stringify({ at, payload, code, says: [...(logProbabilities ?? [])] }));
  });
  const going = run.go();
  try {
    if (feeds.by === "Python") {
      const told = [script, run.endpoint, "lab/b", feeds.path, String(RATE), String(run.origin)];
      publisher = spawn("python3", told, { stdio: ["ignore", "inherit", "inherit"] });
    }
    await enough;
  } finally {
    publisher?.kill("SIGKILL");
    await run[Symbol.asyncDispose]();
    await going;
  }
  return rows;
}

/** Compares what both say of the rows that both saw, past what the model remembers of how each began. */
function expectSame(one: ReadonlyMap<number, string>, other: ReadonlyMap<number, string>): void {
  const began = Math.max(Math.min(...one.keys()), Math.min(...other.keys())) + MEMORY;
  const both = [...one.keys()].filter((index) => index >= began && other.has(index));
  expect(both.length).toBeGreaterThan(ROWS / 4);
  expect(both.map((index) => other.get(index))).toEqual(both.map((index) => one.get(index)));
}

const skip = hasPython ? "" : " (skipped: no python3)";
describe.skipIf(!hasPython)(`a stream published from Python${skip}`, () => {
  it("gives the readings that the built-in sensor of arrays gives", async () => {
    const path = join(tiny.folder, "motion.npy");
    const length = 3_000;
    const motion = Float32Array.from({ length: 6 * length }, (_, i) => Math.sin(i / 9));
    await writeFile(path, npyFile(motion, [length, 6]));
    const builtIn = await said("f32", { path, by: "sensor" });
    expectSame(builtIn, await said("f32", { path, by: "Python" }));
  }, 120_000);

  const hasData = existsSync(utd);
  it.skipIf(!hasData)(
    `does so for a body's motion of UTD-MHAD${hasData ? "" : " (skipped: no utd_mhad here)"}`,
    async () => {
      const builtIn = await said("i16", { path: utd, by: "sensor" });
      expectSame(builtIn, await said("i16", { path: utd, by: "Python" }));
    },
    120_000,
  );
});
