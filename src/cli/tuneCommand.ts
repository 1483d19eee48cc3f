import { join } from "node:path";
import type { Command } from "commander";

import { SystemClock } from "../clock/SystemClock.ts";
import { tunePipeline } from "../pipeline/tunePipeline.ts";
import { type Micros, toSeconds } from "../units.ts";
import { count } from "./count.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { codeRoot } from "./packageRoot.ts";
import { progressLine } from "./progressLine.ts";

interface TuneFlags {
  readonly data?: string;
  readonly recording?: string;
  readonly split: string;
  readonly sentences?: number;
  readonly seed: number;
  readonly conditions?: readonly string[];
  readonly json?: true;
}

/** Adds `tune`: how stubbornly a pipeline's readings should become events, found on validation. */
export function addTuneCommand(program: Command): void {
  program
    .command("tune")
    .description("find the settings with which a pipeline localises best, on validation")
    .argument("[pipeline]", "a pipeline", "talking-face")
    .option("--recording <file>", "recording that knows the truth; the pipeline's own unless given")
    .option("--data <dir>", "folder of a data set to tune on instead")
    .option(
      "--split <name>",
      "split of the data set; never the one that results are told of",
      "train",
    )
    .option("--sentences <n>", "how many of the set's items; all unless given", count)
    .option("--seed <n>", "seed of what is drawn at random", count, 1)
    .option("--conditions <list>", "harder conditions to tune for as well", (text) =>
      text.split(",").map((item) => item.trim()),
    )
    .option("--json", "print one JSON object as the last line")
    .action(tune);
}

async function tune(name: string, flags: TuneFlags): Promise<void> {
  const { data, recording, split, sentences, seed, conditions = [], json } = flags;
  const clock = new SystemClock();
  const began = clock.now();
  const progress = progressLine(process.stderr);
  let [trials, first] = [0, Number.NaN];
  const best = await tunePipeline(await loadPipeline(name), {
    request: {
      live: false,
      ...{ split, seed },
      ...(data !== undefined && { data }),
      ...(recording !== undefined && { recording }),
      ...(sentences !== undefined && { count: sentences }),
    },
    conditions,
    run: { answerWith: [], device: "cpu", threads: 1, sensors: join(codeRoot(), "sensors") },
    onRun: (run) => progress.show(`reading: ${run}`, true),
    onTrial: ({ eventF1 }) => {
      if (trials++ === 0) first = eventF1;
      progress.show(`${trials} settings tried, event F1 ${eventF1.toFixed(4)}`, trials === 1);
    },
  });
  progress.end();
  const seconds = toSeconds((clock.now() - began) as Micros);
  const { settings, eventF1 } = best;
  const result = { tune: name, settings, eventF1, before: first, trials, seconds };
  process.stdout.write(`${JSON.stringify(result, undefined, json ? undefined : 2)}\n`);
}
