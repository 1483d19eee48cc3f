import { join } from "node:path";

import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError } from "../errors.ts";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import { evaluatePipeline } from "../pipeline/evaluatePipeline.ts";
import { type Micros, toSeconds } from "../units.ts";
import type { EvaluateFlags } from "./evaluateCommand.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { codeRoot } from "./packageRoot.ts";
import { progressLine } from "./progressLine.ts";

/**
 * Scores a pipeline on a data set by the way its frames take when live: all streams, and each alone, as
 * it is and in the pipeline's harder conditions.
 *
 * @throws {ConfigError} If a condition is asked for that the pipeline does not have.
 */
export async function evaluateRun(name: string, flags: EvaluateFlags): Promise<void> {
  const { data, split, sentences, seeds, device, threads, json } = flags;
  const clock = new SystemClock();
  const began = clock.now();
  const progress = progressLine(process.stderr);
  const definition = await loadPipeline(name);
  const { metrics, margins } = await evaluatePipeline(definition, {
    conditions: conditionsOf(definition, flags),
    together: flags.together ?? false,
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
  const result = {
    evaluate: name,
    data: data ?? "demo",
    split,
    seeds,
    metrics,
    margins,
    seconds,
    peakMiB,
  };
  process.stdout.write(`${JSON.stringify(result, undefined, json ? undefined : 2)}\n`);
}

/** Those asked for; all of them on a data set unless asked for, none on a recording. */
function conditionsOf(
  { name, conditions = [] }: PipelineDefinition,
  { data, conditions: asked }: EvaluateFlags,
): readonly string[] {
  if (asked === undefined) return data === undefined ? [] : conditions;
  const wanted = asked.filter((condition) => condition !== "clean");
  const strange = wanted.find((condition) => !conditions.includes(condition));
  if (strange !== undefined)
    throw new ConfigError(
      "evaluate",
      `${name} has the conditions clean, ${conditions.join(", ")}, got ${strange}`,
    );
  return wanted;
}
