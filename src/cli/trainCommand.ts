import { join } from "node:path";
import { type Command, Option } from "commander";

import { ConfigError } from "../errors.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { count } from "./count.ts";
import { importFromPipeline } from "./loadPipeline.ts";
import { packageRoot } from "./packageRoot.ts";
import { progressLine } from "./progressLine.ts";

/** What a pipeline's `train/train.ts` is told. */
interface TrainingOptions {
  readonly data?: string;
  readonly generated: number;
  readonly seed: number;
  readonly epochs: number;
  readonly out: string;
  readonly cache: string;
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly command: string;
  readonly onProgress: (progress: TrainingProgress) => void;
  readonly onGenerate: (done: number, total: number) => void;
}

interface TrainingProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Scores on what was held out, by the streams they rest on. */
  readonly validation?: Readonly<Record<string, { readonly eventF1: number }>>;
}

interface TrainFlags {
  readonly data?: string;
  readonly generated: number;
  readonly seed: number;
  readonly epochs: number;
  readonly out?: string;
  readonly cache: string;
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly json?: true;
}

/** Adds `train`: from data to the weights that a pipeline runs on. */
export function addTrainCommand(program: Command): void {
  program
    .command("train")
    .description("train a pipeline's model and write its weights; goes on where it was stopped")
    .argument("[pipeline]", "folder of pipelines/", "talking-face")
    .option("--data <dir>", "folder of the data set; only what is generated is learnt without it")
    .option("--generated <n>", "generated items to learn beside it", count, 400)
    .option("--seed <n>", "seed of everything drawn at random", count, 1)
    .option("--epochs <n>", "passes over the data", count, 60)
    .option("--out <file>", "where the weights go; over the pipeline's own unless given")
    .option("--cache <dir>", "checkpoints and generated data", ".cache")
    .addOption(
      new Option("--device <device>", "what computes").choices([...devices, "auto"]).default("cpu"),
    )
    .option("--threads <n>", "threads of the training step", count, 2)
    .option("--json", "print one JSON object as the last line")
    .action(train);
}

async function train(name: string, flags: TrainFlags): Promise<void> {
  const module = await importFromPipeline(name, "train/train");
  const run = module["train"];
  if (typeof run !== "function")
    throw new ConfigError(`pipeline ${name}`, "expected train/train.ts to export train, got none");
  const { out, data, json, ...rest } = flags;
  const progress = progressLine(process.stderr);
  const options: TrainingOptions = {
    ...rest,
    ...(data !== undefined && { data }),
    out: out ?? join(packageRoot(), "pipelines", name, "weights", `${name}.safetensors`),
    command: `sensorium ${process.argv.slice(2).join(" ")}`,
    onProgress: (report) => progress.show(lineOf(report), report.validation !== undefined),
    onGenerate: (done, total) => progress.show(`generating ${done} of ${total}`, done === total),
  };
  const report: unknown = await run(options);
  progress.end();
  process.stdout.write(`${JSON.stringify(report, undefined, json ? undefined : 2)}\n`);
}

function lineOf({ epoch, epochs, step, metrics, validation }: TrainingProgress): string {
  const numbers = Object.entries(metrics).map(([key, value]) => `${key} ${value.toFixed(3)}`);
  const scores = Object.entries(validation ?? {}).map(
    ([streams, { eventF1 }]) => `${streams} ${eventF1.toFixed(3)}`,
  );
  const score = scores.length === 0 ? "" : ` | held-out event F1: ${scores.join(", ")}`;
  return `epoch ${epoch} of ${epochs}, step ${step}: ${numbers.join(", ")}${score}`;
}
