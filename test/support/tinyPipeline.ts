import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { last } from "../../src/align/Policy.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import type { FeatureExtractor } from "../../src/features/FeatureExtractor.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { LogWriter } from "../../src/log/LogWriter.ts";
import { definePipeline, type PipelineDefinition } from "../../src/pipeline/definePipeline.ts";
import type { RunOptions } from "../../src/pipeline/RunOptions.ts";
import { recordingFeed } from "../../src/pipeline/recordingFeed.ts";
import { hertz, micros, millis, seconds } from "../../src/units.ts";
import { tinyWeights } from "./tinyModel.ts";

/** Folder of the project's sensors, as sources. */
export const SENSORS = fileURLToPath(new URL("../../sensors", import.meta.url));

const SIZES = { a: 2, b: 3 } as const;
const START = seconds(1_700_000_000);

function describeStream(stream: keyof typeof SIZES): StreamDescription {
  return {
    site: "lab",
    stream,
    modality: "sensor",
    dtype: "f32",
    shape: [SIZES[stream]],
    rate: hertz(25),
    unit: "1",
    lateness: millis(0),
    idleTimeout: millis(250),
  };
}

/** The numbers of a cell as they came. */
function plain(size: number): FeatureExtractor {
  return {
    size,
    push: (cell) =>
      cell.presence === "missing" ? undefined : borrowNumbers(cell.payload, "f32").slice(),
    reset: () => undefined,
    snapshot: () => null,
    restore: () => undefined,
  };
}

/** A pipeline of two sensor streams with an untrained model, a recording for it, and a place for files. */
export interface TinyPipeline extends AsyncDisposable {
  readonly definition: PipelineDefinition;
  /** Run options: the recording once, driven, nothing special. */
  readonly options: RunOptions;
  /** A folder that goes when this is disposed. */
  readonly folder: string;
}

/** @param length Length of the recording, in seconds. */
export async function tinyPipeline(length = 4): Promise<TinyPipeline> {
  const folder = await mkdtemp(join(tmpdir(), "sensorium-"));
  const weights = join(folder, "tiny.safetensors");
  await writeFile(weights, tinyWeights());
  const recording = join(folder, "recording.mcap");
  await record(recording, length);
  const streams = Object.fromEntries(
    (["a", "b"] as const).map((stream) => [
      stream,
      {
        description: describeStream(stream),
        policy: last({ maxAge: millis(60) }),
        features: () => plain(SIZES[stream]),
        view: { kind: "none" as const },
      },
    ]),
  );
  const definition = definePipeline({
    name: "tiny",
    summary: "Two streams of numbers.",
    site: "lab",
    grid: { period: millis(40), skew: millis(100), future: seconds(1) },
    streams,
    model: { weights: pathToFileURL(weights) },
    silence: "nothing",
    slots: { number: ["one", "two"] },
    answerStreams: [],
    feed: () => recordingFeed(recording),
  });
  return {
    definition,
    folder,
    options: {
      feed: await recordingFeed(recording, "tiny recording"),
      pace: "driven",
      loop: false,
      without: [],
      drops: [],
      answerWith: [],
      device: "cpu",
      threads: 1,
      seed: 1,
      sensors: SENSORS,
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function record(path: string, length: number): Promise<void> {
  const clock = new DrivenClock(START);
  await using log = await LogWriter.open(path, {
    clock,
    onFailure: (error) => {
      throw error;
    },
  });
  log.append({
    kind: "CONFIG",
    logTime: START,
    version: 1,
    origin: START,
    period: millis(40),
    streams: [describeStream("a"), describeStream("b")],
  });
  const label = { label: "one", from: micros(START + 1e6), to: micros(START + 2e6) };
  log.append({ kind: "LABEL", logTime: START, label: { ...label, by: "truth", slot: "number" } });
  for (let index = 0; index < length * 25; index++) {
    const originTime = micros(START + index * 40_000);
    clock.advance(originTime);
    for (const [at, stream] of (["a", "b"] as const).entries())
      log.append({
        kind: "DATA",
        logTime: originTime,
        chunk: {
          site: "lab",
          stream,
          epoch: 1,
          firstSequence: index,
          originTimes: [originTime],
          arrivalTime: originTime,
          dtype: "f32",
          shape: [SIZES[stream]],
          payload: new Uint8Array(
            Float32Array.from({ length: SIZES[stream] }, (_, i) => Math.sin(index + i + 7 * at))
              .buffer,
          ),
        },
      });
  }
}
