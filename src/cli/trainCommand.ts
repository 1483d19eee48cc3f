import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";

import { ConfigError } from "../errors.ts";
import { trainRecordings } from "../pipeline/training/trainRecordings.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { count } from "./count.ts";
import { interruption } from "./interruption.ts";
import { importFromPipeline, loadPipeline } from "./loadPipeline.ts";
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
  readonly recordings?: readonly string[];
  readonly validation?: readonly string[];
  readonly without: readonly string[];
  readonly calibrate?: true;
  readonly about?: string;
  readonly data?: string;
  readonly generated: number;
  readonly seed: number;
  readonly epochs?: number;
  readonly out?: string;
  readonly cache: string;
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly json?: true;
}

/** Passes of a pipeline's own training. */
const EPOCHS = 60;

/** Adds `train`: from data to the weights that a pipeline runs on. */
export function addTrainCommand(program: Command): void {
  program
    .command("train")
    .description("train a pipeline's model and write its weights; goes on where it was stopped")
    .argument("[pipeline]", "folder of pipelines/", "talking-face")
    .option(
      "--recordings <path...>",
      "logs, or folders of logs, with labels: any pipeline learns from them",
    )
    .option(
      "--validation <path...>",
      "logs to choose the epoch by; else the end of each of the others",
    )
    .option("--without <stream>", "leave this stream out of the model", several, [])
    .option("--calibrate", "fit a temperature of each stream's answer on what is held out")
    .option("--about <text>", "what the recordings are of, for the file")
    .option("--data <dir>", "a pipeline's own training: folder of the data set")
    .option(
      "--generated <n>",
      "a pipeline's own training: generated items to learn beside it",
      count,
      400,
    )
    .option("--seed <n>", "seed of everything drawn at random", count, 1)
    .option("--epochs <n>", "passes over the data; the pipeline's choice unless given", count)
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
  const { recordings } = flags;
  if (recordings !== undefined) return trainOnRecordings(name, recordings, flags);
  await loadPipeline(name); // what is no pipeline at all is told as that
  const module = await importFromPipeline(name, "train/train").catch((cause: unknown) => {
    // A training that is there and broken says itself what is wrong with it.
    if (!(cause instanceof ConfigError) || cause.cause !== undefined) throw cause;
    throw new ConfigError(
      `pipeline ${name}`,
      "expected --recordings: it has no training of its own (train/train.ts)",
      { cause },
    );
  });
  const run = module["train"];
  if (typeof run !== "function")
    throw new ConfigError(`pipeline ${name}`, "expected train/train.ts to export train, got none");
  const { data, json, generated, seed, cache, device, threads } = flags;
  const progress = progressLine(process.stderr);
  const options: TrainingOptions = {
    ...{ generated, seed, cache, device, threads },
    epochs: flags.epochs ?? EPOCHS,
    ...(data !== undefined && { data }),
    out: weightsFile(name, flags),
    command: commandLine(),
    onProgress: (report) => progress.show(lineOf(report), report.validation !== undefined),
    onGenerate: (done, total) => progress.show(`generating ${done} of ${total}`, done === total),
  };
  const report: unknown = await run(options);
  progress.end();
  process.stdout.write(`${JSON.stringify(report, undefined, json ? undefined : 2)}\n`);
}

/** Trains what the pipeline's plan says on what was recorded of it: no code of its own is needed. */
async function trainOnRecordings(
  name: string,
  recordings: readonly string[],
  flags: TrainFlags,
): Promise<void> {
  const { validation, without, calibrate, about, epochs, seed, device, threads, json } = flags;
  const definition = await loadPipeline(name);
  const progress = progressLine(process.stderr);
  const stop = interruption();
  const left = without.length === 0 ? "" : `-without-${without.join("-")}`;
  const report = await trainRecordings(definition, {
    recordings,
    ...(validation !== undefined && { validation }),
    without,
    calibrate: calibrate ?? false,
    seed,
    ...(epochs !== undefined && { epochs }),
    // Where the pipeline looks for them, in this package or outside it.
    out: flags.out ?? fileURLToPath(definition.model.weights),
    checkpoint: join(flags.cache, `train-${definition.name}${left}-${seed}.safetensors`),
    device,
    threads,
    command: commandLine(),
    ...(about !== undefined && { about }),
    onProgress: ({ validation: held, ...rest }) =>
      progress.show(lineOf(rest) + heldOut(held ?? {}), held !== undefined),
    onNote: (text) => progress.show(text, true),
    signal: stop.signal,
  }).catch((cause: unknown) => {
    if (!stop.signal.aborted) throw cause;
    progress.end();
    throw new ConfigError("train", "stopped; the same command goes on after the last epoch");
  });
  progress.end();
  process.stdout.write(`${JSON.stringify(report, undefined, json ? undefined : 2)}\n`);
}

function heldOut(accuracy: Readonly<Record<string, number>>): string {
  const scores = Object.entries(accuracy).map(
    ([streams, share]) => `${streams} ${share.toFixed(3)}`,
  );
  return scores.length === 0 ? "" : ` | held-out events: ${scores.join(", ")}`;
}

function weightsFile(pipeline: string, { out }: Pick<TrainFlags, "out">): string {
  return out ?? join(packageRoot(), "pipelines", pipeline, "weights", `${pipeline}.safetensors`);
}

function commandLine(): string {
  return `sensorium ${process.argv.slice(2).join(" ")}`;
}

function several(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function lineOf({ epoch, epochs, step, metrics, validation }: TrainingProgress): string {
  const numbers = Object.entries(metrics).map(([key, value]) => `${key} ${value.toFixed(3)}`);
  const scores = Object.entries(validation ?? {}).map(
    ([streams, { eventF1 }]) => `${streams} ${eventF1.toFixed(3)}`,
  );
  const score = scores.length === 0 ? "" : ` | held-out event F1: ${scores.join(", ")}`;
  return `epoch ${epoch} of ${epochs}, step ${step}: ${numbers.join(", ")}${score}`;
}
