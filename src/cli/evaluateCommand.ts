import { join } from "node:path";
import { type Command, Option } from "commander";

import { SystemClock } from "../clock/SystemClock.ts";
import { evaluatePipeline } from "../pipeline/evaluatePipeline.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { type Micros, toSeconds } from "../units.ts";
import { count } from "./count.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { codeRoot } from "./packageRoot.ts";
import { progressLine } from "./progressLine.ts";

interface EvaluateFlags {
  readonly data?: string;
  readonly split: string;
  readonly sentences?: number;
  readonly seeds: number;
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly json?: true;
}

/** Adds `evaluate`: the scores of a pipeline on a data set, by the way its frames take when live. */
export function addEvaluateCommand(program: Command): void {
  program
    .command("evaluate")
    .description("score a pipeline through its real sensors: all streams, and each alone")
    .argument("[pipeline]", "folder of pipelines/", "talking-face")
    .option("--data <dir>", "folder of the data set; the demo recording unless given")
    .option("--split <name>", "split of the data set", "dev")
    .option("--sentences <n>", "how many of its items; all unless given", count)
    .option("--seeds <n>", "how many seeds of what the feed draws at random", count, 1)
    .addOption(
      new Option("--device <device>", "what computes").choices([...devices, "auto"]).default("cpu"),
    )
    .option("--threads <n>", "threads of the model", count, 1)
    .option("--json", "print one JSON object as the last line")
    .action(evaluate);
}

async function evaluate(name: string, flags: EvaluateFlags): Promise<void> {
  const { data, split, sentences, seeds, device, threads, json } = flags;
  const clock = new SystemClock();
  const began = clock.now();
  const progress = progressLine(process.stderr);
  const metrics = await evaluatePipeline(await loadPipeline(name), {
    request: {
      live: false,
      ...(data !== undefined && { data }),
      ...(sentences !== undefined && { count: sentences }),
      split,
      seed: 1,
    },
    seeds,
    run: { answerWith: [], device, threads, sensors: join(codeRoot(), "sensors") },
    onRun: (run) => progress.show(`${run.index + 1} of ${run.of}: ${run.name}`, true),
  });
  progress.end();
  const seconds = toSeconds((clock.now() - began) as Micros);
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const result = { evaluate: name, data: data ?? "demo", split, seeds, metrics, seconds, peakMiB };
  process.stdout.write(`${JSON.stringify(result, undefined, json ? undefined : 2)}\n`);
}
