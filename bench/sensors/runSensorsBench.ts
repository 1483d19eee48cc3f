import { spawnSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { feedSensors } from "../../src/server/feedSensors.ts";
import { tinyPipeline } from "../../test/support/tinyPipeline.ts";
import type { Bench, BenchResult } from "../Bench.ts";
import { mixedSources } from "./mixedSources.ts";
import { processTree, type TreeUse } from "./processTree.ts";
import { StreamGaps } from "./StreamGaps.ts";

/** Share of the time after which memory is first looked at: by then all is warm. */
const WARM_UP = 0.25;
const LOOK_MS = 2_000;
/** How long all of them may take to say something. */
const PATIENCE_MS = 180_000;

/**
 * Ten sensors at once, of nine kinds, eight of them attached while the pipeline runs: what is lost of them, what the
 * pipeline and all its sensors hold, how that grows, and what they use of a processor.
 *
 * Arguments: `--seconds=N` (600).
 */
export const runSensorsBench: Bench = async ({ log, args }) => {
  const bench = "sensors";
  const told = args.find((arg) => arg.startsWith("--seconds"))?.split("=")[1];
  const seconds = Number(told ?? args[args.indexOf("--seconds") + 1] ?? 600) || 600;
  if (spawnSync("ffmpeg", ["-version"]).status !== 0)
    return { bench, results: [], skipped: ["all: no ffmpeg"] };
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  await using tiny = await tinyPipeline(10);
  await using sources = await mixedSources(tiny.folder, seconds + 300);
  await using run = await startPipeline(tiny.definition, {
    ...{ ...tiny.options, pace: "realtime", loop: true },
    record: `${tiny.folder}/run.mcap`,
  });
  const gaps = new StreamGaps();
  run.records.subscribe((record) => gaps.observe(record));
  let rows = 0;
  let [expected, missing] = [-1, 0];
  run.moments.subscribe(({ frameset: { index, skipped = 0 } }) => {
    rows++;
    if (expected >= 0) missing += index - skipped - expected;
    expected = index + 1;
  });
  const problems: string[] = [];
  run.problems.subscribe(({ text, stream = "" }) => problems.push(`${stream}: ${text}`));
  const going = run.go();
  for (const request of sources.sensors) log(`attached ${await feedSensors(run).attach(request)}`);

  const uses: { readonly at: number; readonly use: TreeUse; readonly heap: number }[] = [];
  // A busy machine takes its time to start ten processes.
  const isUp = (): boolean => run.streams().every(({ stream }) => gaps.of(stream).frames > 0);
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until && !isUp(); )
    await pause(LOOK_MS / 10);
  const began = performance.now();
  while (performance.now() - began < seconds * 1_000) {
    await pause(LOOK_MS);
    collect();
    const use = processTree();
    const heap = process.memoryUsage().heapUsed;
    const at = (performance.now() - began) / 1_000;
    if (use !== undefined) uses.push({ at, use, heap });
    if (uses.length % 15 === 0)
      log(`${at.toFixed(0)} s: ${Math.round((use?.rss ?? 0) / 1e6)} MB, ${rows} rows`);
  }
  const states = run.streams();
  const { refusedRows } = run.counters();
  await run[Symbol.asyncDispose]();
  await going;

  for (const { stream, state, counters } of states)
    log(`${stream}: ${state} ${JSON.stringify(gaps.of(stream))} ${JSON.stringify(counters)}`);
  for (const problem of new Set(problems)) log(problem);
  const warm = uses.filter(({ at }) => at > seconds * WARM_UP);
  const [first, last] = [warm[0], warm.at(-1)];
  const tallies = states.map(({ stream }) => gaps.of(stream));
  const sum = (of: (tally: (typeof tallies)[number]) => number): number =>
    tallies.reduce((all, tally) => all + of(tally), 0);
  const cpu = first && last ? (last.use.cpu - first.use.cpu) / (last.at - first.at) : Number.NaN;
  const result = (
    name: string,
    value: number,
    unit: string,
    better: "lower" | "higher" = "lower",
  ): BenchResult => ({ name, value, unit, better, ratios: {} });
  return {
    bench,
    results: [
      result("sensors at once", tallies.filter(({ frames }) => frames > 0).length, "", "higher"),
      result("time", seconds, "s", "higher"),
      result(
        "frames",
        sum(({ frames }) => frames),
        "",
        "higher",
      ),
      result(
        "frames lost",
        sum(({ lost }) => lost),
        "",
      ),
      result("instants without a reading, unexplained", missing - refusedRows, ""),
      result("rows refused by a busy model", refusedRows, ""),
      result("restarts", sum(({ boots }) => boots) - tallies.length, ""),
      result(
        "times idle",
        sum(({ idle }) => idle),
        "",
      ),
      result("processor", 100 * cpu, "% of one"),
      result("memory of all processes", (last?.use.rss ?? Number.NaN) / 1e6, "MB"),
      result("it grows by", slope(warm.map(({ at, use }) => [at / 60, use.rss / 1e6])), "MB/min"),
      result("the pipeline's heap", (last?.heap ?? Number.NaN) / 1e6, "MB"),
      result(
        "it grows by (heap)",
        slope(warm.map(({ at, heap }) => [at / 60, heap / 1e6])),
        "MB/min",
      ),
    ],
    skipped: [],
  };
};

/** Least squares: how much y grows with x. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const count = points.length;
  const [mx, my] = [0, 1].map(
    (i) => points.reduce((sum, point) => sum + (point[i] ?? 0), 0) / count,
  );
  let [over, under] = [0, 0];
  for (const [x, y] of points) {
    over += (x - (mx ?? 0)) * (y - (my ?? 0));
    under += (x - (mx ?? 0)) ** 2;
  }
  return over / under;
}
