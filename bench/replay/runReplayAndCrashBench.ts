import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { seconds } from "../../src/units.ts";
import { runReplayBench } from "../align/runReplayBench.ts";
import { settingsIn } from "../align/settings.ts";
import { type Bench, type BenchResult, median } from "../Bench.ts";
import { killRuns } from "./killRuns.ts";
import { replayWhole } from "./replayWhole.ts";
import { shortened } from "./shortened.ts";

const DEMO = fileURLToPath(
  new URL("../../pipelines/talking-face/demo/recording.mcap", import.meta.url),
);

/** Length of what the runs that are killed replay. */
const KILLED = seconds(10);

/**
 * B10 for the log and the aligner (see `runReplayBench`), and for all that follows from a log: the demo
 * replayed through the model, and runs of the real command killed with SIGKILL at random moments and
 * resumed. Bars: 20 times real time, one outcome, nothing lost, nothing changed.
 *
 * Arguments: those of `runReplayBench`, and `--kills=N` (50).
 */
export const runReplayAndCrashBench: Bench = async (options) => {
  const told = options.args.find((arg) => arg.startsWith("--kills="))?.split("=")[1];
  const kills = Number(told ?? 50);
  const { rounds, seed } = settingsIn(options.args);
  const replay = await runReplayBench(options);
  const { speeds, outcomes } = await replayWhole(DEMO, rounds);
  const folder = await mkdtemp(join(tmpdir(), "sensorium-kill-"));
  const recording = join(folder, "recording.mcap");
  await shortened(DEMO, recording, KILLED);
  const report = await killRuns({
    ...{ recording, folder, kills, seed },
    onKill: (kill) => options.log(`killed ${kill} of ${kills}`),
  });
  await rm(folder, { recursive: true });
  const result = (
    name: string,
    value: number,
    unit: string,
    better: BenchResult["better"],
  ): BenchResult => ({ name: `B10 ${name}`, value, unit, better, ratios: {} });
  return {
    ...replay,
    results: [
      ...replay.results,
      result("replay of a whole pipeline", median(speeds), "times real time", "higher"),
      result("whole pipeline, different outcomes", outcomes, "outcomes", "lower"),
      result("kill -9 points", report.kills, "kills", "higher"),
      result("kill -9 runs finished after kills", report.finished, "runs", "higher"),
      result("kill -9 records lost or unreadable", report.lost, "kills", "lower"),
      result("kill -9 outputs lost or changed", report.changed, "outputs", "lower"),
    ],
  };
};
