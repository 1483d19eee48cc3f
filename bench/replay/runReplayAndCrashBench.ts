import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import definition from "../../pipelines/talking-face/pipeline.ts";
import { runReplayBench } from "../align/runReplayBench.ts";
import type { Bench } from "../Bench.ts";
import { killSessions } from "./killSessions.ts";

const DEMO = fileURLToPath(
  new URL("../../pipelines/talking-face/demo/recording.mcap", import.meta.url),
);

/**
 * B10 (see `runReplayBench`), then recording sessions of the demo, killed at random moments and resumed.
 * Bar: nothing wrong.
 *
 * Arguments: those of `runReplayBench`, and `--kills=N` (50).
 */
export const runReplayAndCrashBench: Bench = async (options) => {
  const told = options.args.find((arg) => arg.startsWith("--kills="))?.split("=")[1];
  const kills = Number(told ?? 50);
  const replay = await runReplayBench(options);
  const folder = await mkdtemp(join(tmpdir(), "sensorium-kill-"));
  const report = await killSessions({
    definition,
    recording: DEMO,
    log: join(folder, "session.mcap"),
    kills,
    seed: 1,
    onKill: (kill) => options.log(`killed ${kill} of ${kills}`),
  });
  await rm(folder, { recursive: true });
  const result = { better: "lower", ratios: {} } as const;
  return {
    ...replay,
    results: [
      ...replay.results,
      { name: "kill -9 points", value: report.kills, unit: "kills", better: "higher", ratios: {} },
      { ...result, name: "kill -9 outputs lost or changed", value: report.wrong, unit: "outputs" },
    ],
  };
};
