import { availableParallelism, freemem } from "node:os";
import { join } from "node:path";

import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError } from "../errors.ts";
import { chooseJobs } from "../evaluate/chooseJobs.ts";
import { moduleOf } from "../evaluate/loadStudy.ts";
import { runStudy } from "../evaluate/runStudy.ts";
import { writeResults } from "../evaluate/writeResults.ts";
import type { EvaluateFlags } from "./evaluateCommand.ts";
import { packageRoot } from "./packageRoot.ts";
import { progressLine } from "./progressLine.ts";
import { textTable } from "./textTable.ts";

/** Trains and tests a published method, its baselines and its ablations on a data set. */
export async function evaluateMethod(name: string, flags: EvaluateFlags): Promise<void> {
  const { data, split, seeds, variants, threads, cache, resume, json } = flags;
  if (data === undefined)
    throw new ConfigError("--data", `expected the folder of a data set for ${name}, got none`);
  const progress = progressLine(process.stderr);
  const report = await runStudy({
    module: moduleOf(name),
    data,
    split,
    seeds,
    ...(variants !== undefined && { variants }),
    jobs:
      flags.jobs ??
      chooseJobs({ cores: availableParallelism(), memoryMiB: freemem() / 2 ** 20, threads }),
    threads,
    cache,
    resume: resume === true,
    onlyFinished: flags.onlyFinished === true,
    clock: new SystemClock(),
    onProgress: ({ done, of, line, isMilestone }) =>
      progress.show(`${done} of ${of} | ${line}`, isMilestone),
  });
  progress.end();
  const { metrics, seconds, peakMiB, failures } = report;
  if (flags.writeResults === true)
    await writeResults({
      folder: join(packageRoot(), "docs", "results"),
      report,
      split,
      seeds,
    });
  if (failures.length > 0) process.exitCode = 1;
  const result = { evaluate: name, data, split, seeds, metrics, seconds, peakMiB };
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else
    for (const line of textTable(
      [{ title: "metric" }, { title: "mean", align: "right" }, { title: "std", align: "right" }],
      Object.entries(metrics).map(([metric, { mean, std }]) => [
        metric,
        mean.toFixed(3),
        std.toFixed(3),
      ]),
    ))
      process.stdout.write(`${line}\n`);
}
