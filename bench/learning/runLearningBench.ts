import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import type { Label } from "../../src/frames/EventSpan.ts";
import { ONLINE_DEFAULTS } from "../../src/learn/online/OnlineOptions.ts";
import { trainedPart } from "../../src/models/unified/adapted.ts";
import type { RowInputs } from "../../src/models/unified/inference.ts";
import { type DecodedWeights, decodeWeights } from "../../src/models/unified/weights.ts";
import type { FeatureRow } from "../../src/stage/FeatureRow.ts";
import { Learner } from "../../src/stage/Learner.ts";
import { Stage } from "../../src/stage/Stage.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros } from "../../src/units.ts";
import type { Bench, BenchResult } from "../Bench.ts";

const WEIGHTS = new URL(
  "../../pipelines/talking-face/weights/talking-face.safetensors",
  import.meta.url,
);
const PERIOD_MS = 40;
const SWAPS = 100;

/** Rows of one condition before the next has its turn: five seconds. */
const SLICE = 125;

/**
 * What learning costs the model that serves.
 *
 * Rows of the size of talking-face's at 25 Hz through the real stage, in turns of five seconds: alone; beside a
 * learner that is given every row and a label at one in ten; while the version changes every few rows. In turns,
 * because whatever else the machine does falls on all three alike.
 *
 * Arguments: `--rows=N` per condition (500: twenty seconds, four turns).
 */
export const runLearningBench: Bench = async ({ args, log }) => {
  const told = args.find((arg) => arg.startsWith("--rows="))?.split("=")[1];
  const served = await serve(Number(told ?? 500), log);
  const { alone, beside, swapped } = served.times;
  const result = (
    name: string,
    value: number,
    unit: string,
    better: BenchResult["better"],
    ratios: BenchResult["ratios"] = {},
  ): BenchResult => ({ name, value, unit, better, ratios });
  const against = (name: string, times: readonly number[], share: number): BenchResult =>
    result(name, quantile(times, share), "ms", "lower", {
      alone: quantile(times, share) / quantile(alone, share),
    });
  return {
    bench: "learning",
    results: [
      result("stage p50 alone", quantile(alone, 0.5), "ms", "lower"),
      result("stage p99 alone", quantile(alone, 0.99), "ms", "lower"),
      against("stage p50 beside a learner", beside, 0.5),
      against("stage p99 beside a learner", beside, 0.99),
      against("stage p50 during swaps", swapped, 0.5),
      against("stage p99 during swaps", swapped, 0.99),
      result("swaps", served.swaps, "swaps", "higher"),
      result("moments lost", served.lost, "moments", "lower"),
      result("moments answered by another version", served.misattributed, "moments", "lower"),
      result("steps of the learner", served.steps, "steps", "higher"),
      result("versions judged", served.judged, "versions", "higher"),
    ],
    skipped: [],
  };
};

type Condition = "alone" | "beside" | "swapped";
const TURNS: readonly Condition[] = ["alone", "beside", "swapped"];

interface Served {
  /** From a row going in to its reading coming out, in ms. */
  readonly times: Readonly<Record<Condition, readonly number[]>>;
  readonly swaps: number;
  readonly lost: number;
  readonly misattributed: number;
  readonly steps: number;
  readonly judged: number;
}

async function serve(rows: number, log: (line: string) => void): Promise<Served> {
  const bytes = await readFile(WEIGHTS);
  const weights = decodeWeights(bytes, "talking-face");
  const { config } = weights;
  const common = { name: "talking-face", weights: bytes };
  await using stage = await Stage.open({
    ...common,
    device: "cpu",
    threads: 1,
    capacity: 256,
    features: true,
  });
  await using learner = await Learner.open({
    ...common,
    ignored: ["text"],
    online: { ...ONLINE_DEFAULTS, leastLearnt: 1 },
    capacity: 4_500,
  });
  const rng = Rng.fromSeed(1);
  const begun = new Map<
    string,
    { readonly at: number; readonly version: string; readonly turn: Condition }
  >();
  const times: Record<Condition, number[]> = { alone: [], beside: [], swapped: [] };
  let misattributed = 0;
  stage.answers.subscribe(({ reading, features }) => {
    const row = begun.get(reading.id);
    if (row === undefined) return;
    times[row.turn].push(performance.now() - row.at);
    if (row.version !== reading.model) misattributed++;
    begun.delete(reading.id);
    if (row.turn === "beside" && features !== undefined)
      learner.push({ kind: "row", labelTime: reading.labelTime, features });
  });
  const part = trainedPart(weights);
  const every = Math.max(1, Math.floor(rows / SWAPS));
  let version = stage.model.version;
  let swaps = 0;
  let start = performance.now();
  for (let index = 0; index < TURNS.length * rows; index++) {
    const turn = TURNS[Math.floor(index / SLICE) % TURNS.length] ?? "alone";
    if (index % SLICE === 0) {
      log(`row ${index} of ${TURNS.length * rows}: ${turn}`);
      await stage.drained();
      await learner.drained();
      start = performance.now() - index * PERIOD_MS;
    }
    await sleep(Math.max(0, start + index * PERIOD_MS - performance.now()));
    if (turn === "swapped" && index % every === 0) {
      swaps++;
      version = `version ${swaps}`;
      const headBias = part.headBias.map((value) => value + 0.01 * rng.normal());
      stage.serve({ version, part: { ...part, headBias } });
    }
    const row = rowAt(index, config.streams, rng);
    begun.set(row.frameset.id, { at: performance.now(), version, turn });
    stage.submit(row);
    if (turn === "beside" && index % 10 === 0)
      learner.push({ kind: "label", label: labelAt(index - 5, config.classes, rng) });
  }
  await stage.drained();
  await learner.drained();
  const { steps = 0, published = 0, discarded = 0 } = learner.status ?? {};
  return { times, swaps, lost: begun.size, misattributed, steps, judged: published + discarded };
}

function rowAt(index: number, streams: DecodedWeights["config"]["streams"], rng: Rng): FeatureRow {
  const inputs: RowInputs = Object.fromEntries(
    streams.flatMap(({ name, size }) =>
      name === "text" ? [] : [[name, Float32Array.from({ length: size }, () => rng.normal())]],
    ),
  );
  const time = micros(index * PERIOD_MS * 1_000);
  return {
    frameset: { id: `bench:${index}`, site: "bench", time, index, config: 1, cells: {} },
    inputs,
    views: {},
  };
}

function labelAt(index: number, classes: readonly string[], rng: Rng): Label {
  const from = micros(Math.max(index, 0) * PERIOD_MS * 1_000);
  const to = micros(from + PERIOD_MS * 1_000);
  return { label: classes[rng.int(0, classes.length)] ?? "", from, to, by: "bench", slot: "" };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
