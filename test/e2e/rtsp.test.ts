import { spawnSync } from "node:child_process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { last } from "../../src/align/Policy.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import { definePipeline, type PipelineDefinition } from "../../src/pipeline/definePipeline.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import type { HealthState } from "../../src/robustness/StreamHealth.ts";
import { hertz, millis } from "../../src/units.ts";
import { RtspServer } from "../support/RtspServer.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

const told = spawnSync("ffmpeg", ["-v", "error", "-encoders"], { encoding: "utf8" });
const canServe = told.status === 0 && told.stdout.includes("libx264");
const skip = canServe ? "" : " (skipped: no ffmpeg with libx264)";

/** Times that the camera is killed and put back. */
const DEATHS = 5;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

let tiny: TinyPipeline;
let definition: PipelineDefinition;
beforeAll(async () => {
  tiny = await tinyPipeline(2);
  const { b, ...others } = tiny.definition.streams;
  if (b === undefined) throw new Error("expected a stream b");
  definition = definePipeline({
    ...tiny.definition,
    streams: {
      ...others,
      b: {
        ...b,
        description: {
          ...b.description,
          ...{ modality: "video", dtype: "u8", shape: [1, 3], rate: hertz(10) },
          idleTimeout: millis(1_000),
        },
        policy: last({ maxAge: millis(300) }),
        features: () => ({
          ...b.features(),
          push: (cell) =>
            cell.presence === "missing"
              ? undefined
              : Float32Array.from(borrowNumbers(cell.payload, "u8"), (grey) => grey / 255),
        }),
      },
    },
  });
}, 60_000);
afterAll(() => tiny[Symbol.asyncDispose]());

/** The states that a stream goes through, looked at whenever something happens. */
class States {
  readonly seen: HealthState[] = [];
  readonly #run: PipelineRun;
  readonly #stream: string;
  #wake: () => void = () => {};

  constructor(run: PipelineRun, stream: string) {
    this.#run = run;
    this.#stream = stream;
    run.records.subscribe(() => this.#look());
  }

  /** Settles once the stream is in this state. */
  async reaches(wanted: HealthState): Promise<void> {
    this.#look();
    while (this.seen.at(-1) !== wanted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  #look(): void {
    const { state } = this.#run.streams().find(({ stream }) => stream === this.#stream) ?? {};
    if (state === undefined || state === this.seen.at(-1)) return;
    this.seen.push(state);
    this.#wake();
  }
}

describe.skipIf(!canServe)(`an RTSP camera${skip}`, () => {
  it("that dies and comes back five times is idle, rejoins and is live again, and nothing else notices", async () => {
    await using server = new RtspServer();
    await server.start();
    const options = { input: server.url, crop: [0, 0, 1, 1] };
    const { a } = tiny.options.feed.sensors;
    await using run = await startPipeline(definition, {
      ...tiny.options,
      feed: {
        ...tiny.options.feed,
        sensors: { ...(a !== undefined && { a }), b: { kind: "camera", options } },
      },
      pace: "realtime",
      loop: true,
    });
    const seen: string[] = [];
    run.moments.subscribe(({ frameset: { cells } }) => seen.push(cells["b"]?.presence ?? "none"));
    // What the other sensor said: boots, and how many of its frames never came.
    const boots = new Set<number>();
    let [next, lost] = [0, 0];
    run.records.subscribe((record) => {
      if (record.kind !== "DATA" || record.chunk.stream !== "a") return;
      const { epoch, firstSequence, originTimes } = record.chunk;
      boots.add(epoch);
      lost += firstSequence - next;
      next = firstSequence + originTimes.length;
    });
    const problems: { readonly text: string; readonly stream?: string }[] = [];
    run.problems.subscribe((problem) => problems.push(problem));
    const going = run.go();
    const b = new States(run, "b");
    await b.reaches("live");
    const first = seen.length;
    const heaps: number[] = [];
    for (let death = 0; death < DEATHS; death++) {
      await server.kill();
      await b.reaches("idle");
      await server.start();
      await b.reaches("live");
      collect();
      heaps.push(process.memoryUsage().heapUsed);
    }
    expect(b.seen.filter((state) => state === "idle").length).toBeGreaterThanOrEqual(DEATHS);
    expect(b.seen).toContain("rejoining");
    const during = seen.slice(first);
    expect([boots.size, lost]).toEqual([1, 0]);
    const holes = during.filter((b, i) => b === "missing" && during[i - 1] !== "missing");
    expect(holes.length).toBeGreaterThanOrEqual(DEATHS);
    expect(new Set(problems.map(({ stream }) => stream))).toEqual(new Set(["b"]));
    expect(problems.length).toBeGreaterThanOrEqual(DEATHS);
    // Of a death nothing is kept but what was said of it.
    const [, second = 0] = heaps;
    expect((heaps.at(-1) ?? 0) - second).toBeLessThan(3_000_000);
    await run[Symbol.asyncDispose]();
    await going;
  }, 600_000);
});
