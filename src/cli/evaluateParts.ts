import { join } from "node:path";

import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError } from "../errors.ts";
import { openDataSet } from "../evaluate/DataSet.ts";
import { spreadOf } from "../pipeline/evaluatePipeline.ts";
import { compareVariants } from "../pipeline/training/compareVariants.ts";
import { type Micros, toSeconds } from "../units.ts";
import type { EvaluateFlags } from "./evaluateCommand.ts";
import { codeRoot } from "./packageRoot.ts";
import { partsPipeline } from "./partsPipeline.ts";
import { progressLine } from "./progressLine.ts";

/**
 * Trains a pipeline's model with its parts switched one by one, and specialists for its streams.
 *
 * @throws {ConfigError} If there is no data set, or one that the pipeline, or no pipeline, is for.
 */
export async function evaluateParts(flags: EvaluateFlags): Promise<void> {
  const { data, split, seeds, variants, cache, resume, device, threads, json } = flags;
  if (data === undefined)
    throw new ConfigError("--data", "expected the folder of a data set for parts, got none");
  const { name: set } = await openDataSet(data);
  const { definition, others } = await partsPipeline(set, flags.pipeline);
  const clock = new SystemClock();
  const began = clock.now();
  const progress = progressLine(process.stderr);
  if (flags.pipeline === undefined && others.length > 0)
    progress.show(`${definition.name}; for ${others.join(" or ")} give --pipeline`, true);
  const values = await compareVariants(definition, {
    data,
    split,
    seeds,
    cache: join(cache, "parts"),
    resume: resume === true,
    sensors: join(codeRoot(), "sensors"),
    device,
    threads,
    ...(variants !== undefined && { variants }),
    ...(flags.sentences !== undefined && { count: flags.sentences }),
    ...(flags.epochs !== undefined && { epochs: flags.epochs }),
    onNote: (text) => progress.show(text, !text.includes("epoch")),
  });
  progress.end();
  const metrics = Object.fromEntries(
    Object.entries(values).map(([name, numbers]) => [name, spreadOf(numbers)]),
  );
  const seconds = toSeconds((clock.now() - began) as Micros);
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const result = {
    evaluate: "parts",
    data,
    split,
    seeds,
    pipeline: definition.name,
    metrics,
    seconds,
    peakMiB,
  };
  process.stdout.write(`${JSON.stringify(result, undefined, json ? undefined : 2)}\n`);
}
