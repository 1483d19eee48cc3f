import { fileURLToPath } from "node:url";

import talkingFace from "../../pipelines/talking-face/pipeline.ts";
import type { Drop } from "../../src/pipeline/DropSchedule.ts";
import type { PipelineDefinition } from "../../src/pipeline/definePipeline.ts";
import type { Feed } from "../../src/pipeline/Feed.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { argMax } from "../../src/tensor/argMax.ts";
import { type Micros, micros, millis, seconds } from "../../src/units.ts";
import type { Bench, BenchResult } from "../Bench.ts";

/** A minute to look at, then half a minute without the sensor. */
const LOOK = seconds(60);
const AWAY = seconds(30);
/** After a plug is pulled until its last frames have left the rows. */
const SETTLE = millis(500);

/** One sensor pulled: what was forecast, and what came. Shares of rows. */
interface Trial {
  readonly lost: string;
  readonly agreement: number;
  readonly expected: number;
  readonly accuracy: number;
}

/**
 * The drill's forecast against the truth, through the real sensors: for each sensor, how often the others
 * named the same class in the minute before it was unplugged, and how often they named the true one while
 * it was really gone.
 *
 * Arguments: `--data=DIR` (the set grid_av; without it nothing is measured), `--seeds=N` (1), `--first-seed=N`
 * (1), `--sentences=N` (all: six trials a seed), `--conditions=clean,babble0dB` (clean and babble0dB).
 */
export const runDrillBench: Bench = async ({ args, log }) => {
  const option = (name: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const data = option("data");
  if (data === undefined)
    return { bench: "drill", results: [], skipped: ["drill: needs --data=DIR, the set grid_av"] };
  const conditions = (option("conditions") ?? "clean,babble0dB").split(",");
  const [first, sentences] = [Number(option("first-seed") ?? 1), option("sentences")];
  const results: BenchResult[] = [];
  const all: Trial[] = [];
  for (const condition of conditions) {
    const trials: Trial[] = [];
    for (let seed = first; seed < first + Number(option("seeds") ?? 1); seed++) {
      const feed = await talkingFace.feed({
        ...{ live: false, split: "dev", data, seed },
        ...(condition !== "clean" && { condition }),
        ...(sentences !== undefined && { count: Number(sentences) }),
      });
      trials.push(...(await trialsOn(talkingFace, feed, seed)));
      log(`${condition}, seed ${seed}: ${trials.length} trials`);
    }
    for (const lost of [...new Set(trials.map((trial) => trial.lost))].sort())
      results.push(
        ...errorsOf(
          `${condition}, without ${lost}`,
          trials.filter((trial) => trial.lost === lost),
        ),
      );
    all.push(...trials);
  }
  results.push(...errorsOf("all", all));
  return { bench: "drill", results, skipped: [] };
};

/** Mean absolute errors in points, and how many trials they rest on. */
function errorsOf(name: string, trials: readonly Trial[]): BenchResult[] {
  const mean = (pick: (trial: Trial) => number): number =>
    (100 * trials.reduce((sum, trial) => sum + pick(trial), 0)) / trials.length;
  const result = (what: string, value: number, unit = "points"): BenchResult => ({
    ...{ name: `${name}: ${what}`, value, unit, better: "lower", ratios: {} },
  });
  return [
    result(
      "agreement before against accuracy after",
      mean(({ agreement, accuracy }) => Math.abs(agreement - accuracy)),
    ),
    result(
      "expected accuracy before against accuracy after",
      mean(({ expected, accuracy }) => Math.abs(expected - accuracy)),
    ),
    result(
      "accuracy after",
      mean(({ accuracy }) => accuracy),
      "%",
    ),
    result("trials", trials.length, "trials"),
  ];
}

/** Pulls one sensor after the other, a minute of everything before each. */
async function trialsOn(
  definition: PipelineDefinition,
  feed: Feed,
  seed: number,
): Promise<Trial[]> {
  const { duration = micros(0) } = feed;
  const counted = Object.keys(definition.streams).filter(
    (stream) => !definition.answerStreams.includes(stream),
  );
  const drops: Drop[] = [];
  for (let from = LOOK as number; from + AWAY <= duration; from += LOOK + AWAY)
    drops.push({
      stream: counted[(drops.length + seed) % counted.length] ?? "",
      from: micros(from),
      to: micros(from + AWAY),
    });
  await using run = await startPipeline(definition, {
    feed,
    ...{ pace: "driven", loop: false, answerWith: [], device: "cpu", threads: 1, seed, drops },
    without: definition.answerStreams,
    sensors: fileURLToPath(new URL("../../sensors", import.meta.url)),
  });
  const silence = run.model.classes.indexOf(definition.silence);
  const forecasts = new Map<Drop, Pick<Trial, "agreement" | "expected">>();
  const rows = new Map<Drop, { rows: number; right: number }>();
  run.moments.subscribe({
    next({ frameset, answer }) {
      const time = frameset.time - run.origin;
      const about = answer.labelTime - run.origin;
      for (const drop of drops) {
        if (time >= drop.from && !forecasts.has(drop)) {
          const rest = counted.filter((stream) => stream !== drop.stream).join();
          const report = run.robustness().subsets.find(({ streams }) => streams.join() === rest);
          forecasts.set(drop, {
            agreement: report?.agreement ?? Number.NaN,
            expected: report?.expected ?? Number.NaN,
          });
        }
        if (about < drop.from + SETTLE || about >= drop.to) continue;
        const truth = classAt(feed, about as Micros, run.model.classes, silence);
        const { rows: count, right } = rows.get(drop) ?? { rows: 0, right: 0 };
        const isRight = argMax(answer.logProbabilities) === truth;
        rows.set(drop, { rows: count + 1, right: right + (isRight ? 1 : 0) });
      }
    },
    error: () => undefined,
  });
  await run.go();
  return drops.flatMap((drop) => {
    const [forecast, after] = [forecasts.get(drop), rows.get(drop)];
    if (forecast === undefined || after === undefined) return [];
    return [{ lost: drop.stream, ...forecast, accuracy: after.right / after.rows }];
  });
}

function classAt(
  { truth }: Feed,
  time: Micros,
  classes: readonly string[],
  silence: number,
): number {
  const label = truth.find(({ from, to }) => from <= time && time < to)?.label;
  return label === undefined ? silence : classes.indexOf(label);
}
