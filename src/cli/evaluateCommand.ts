import { type Command, Option } from "commander";

import { ConfigError } from "../errors.ts";
import { studyNames } from "../evaluate/loadStudy.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { count } from "./count.ts";
import { evaluateMethod } from "./evaluateMethod.ts";
import { evaluateParts } from "./evaluateParts.ts";
import { evaluateRun } from "./evaluateRun.ts";
import { isPipeline, pipelineNames } from "./loadPipeline.ts";

/** Flags of `evaluate`; some are for pipelines and some for methods, as their help says. */
export interface EvaluateFlags {
  readonly data?: string;
  readonly split: string;
  readonly seeds: number;
  readonly threads: number;
  readonly json?: true;
  readonly sentences?: number;
  readonly conditions?: readonly string[];
  readonly together?: true;
  readonly pipeline?: string;
  readonly epochs?: number;
  readonly device: DeviceChoice;
  readonly variants?: readonly string[];
  readonly jobs?: number;
  readonly resume?: true;
  readonly onlyFinished?: true;
  readonly cache: string;
  readonly writeResults?: true;
}

/** Adds `evaluate`: the scores of a pipeline through its real sensors, or of a published method. */
export function addEvaluateCommand(program: Command): void {
  program
    .command("evaluate")
    .description("score a pipeline through its real sensors, or a method against its baselines")
    .argument("[name]", "a pipeline or a method, see below", "talking-face")
    .option("--data <dir>", "folder of the data set; a pipeline's demo recording unless given")
    .option("--split <name>", "split of the data set to test on", "dev")
    .option("--seeds <n>", "how many seeds of what is drawn at random", count, 1)
    .option("--threads <n>", "threads of the model", count, 1)
    .option("--sentences <n>", "pipelines: how many of the set's items; all unless given", count)
    .option("--conditions <list>", "pipelines: only these besides clean; all unless given", list)
    .option(
      "--together",
      "pipelines: no runs with each stream alone; subsets are told all the same",
    )
    .addOption(
      new Option("--device <device>", "pipelines: what computes")
        .choices([...devices, "auto"])
        .default("cpu"),
    )
    .option(
      "--variants <list>",
      "methods and parts: only these, method or model being itself",
      list,
    )
    .option("--pipeline <name>", "parts: whose; the first that streams the set unless given")
    .option(
      "--epochs <n>",
      "parts: passes over the training split; the pipeline's unless given",
      count,
    )
    .option(
      "--jobs <n>",
      "methods: trials at a time; as cores and memory allow unless given",
      count,
    )
    .option("--resume", "methods and parts: take over finished trials of the same configuration")
    .option("--only-finished", "methods: run nothing, sum up the finished trials there are")
    .option("--cache <dir>", "methods and parts: where finished trials are kept", ".cache/evaluate")
    .option("--write-results", "methods: write the page and the plots of docs/results")
    .option("--json", "print one JSON object as the last line")
    .addHelpText("after", () => {
      const [pipelines, methods] = [pipelineNames(), studyNames()];
      return `\npipelines: ${pipelines.join(", ")}\nmethods: ${methods.join(", ")}\nparts: what each part of the live model is worth on a set, beside specialists`;
    })
    .action(evaluate);
}

async function evaluate(name: string, flags: EvaluateFlags): Promise<void> {
  if (name === "parts") return evaluateParts(flags);
  if (studyNames().includes(name)) return evaluateMethod(name, flags);
  if (!isPipeline(name))
    throw new ConfigError(
      "evaluate",
      `expected a pipeline (${pipelineNames().join(", ")}) or a method (${studyNames().join(", ")}), got ${name}`,
    );
  return evaluateRun(name, flags);
}

function list(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim());
}
