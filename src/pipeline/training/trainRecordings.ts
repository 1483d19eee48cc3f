import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { ConfigError } from "../../errors.ts";
import { readCheckpoint, writeCheckpoint } from "../../learn/checkpoints/TrainingCheckpoint.ts";
import {
  batchOf,
  configOf,
  lossOf,
  type ModelPlan,
  priorOf,
  scalingOf,
} from "../../learn/ModelPlan.ts";
import { foldStandards, measureStandards } from "../../learn/rows/Standards.ts";
import { shuffleEvents } from "../../learn/rows/shuffleEvents.ts";
import type { BatchOptions } from "../../learn/rows/stretches.ts";
import { type TrainedWeights, type TrainingProgress, trainLines } from "../../learn/trainLines.ts";
import { encodeWeights } from "../../models/unified/weights.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import { Rng } from "../../tensor/Rng.ts";
import { counted, micros } from "../../units.ts";
import type { PipelineDefinition } from "../definePipeline.ts";
import { drawLearningCurves } from "./drawLearningCurves.ts";
import { findRecordings } from "./findRecordings.ts";
import { fitFusion } from "./fitFusion.ts";
import { partOf, type RecordedLine } from "./RecordedLine.ts";
import { classesOf, readLines } from "./readLines.ts";
import { scoreLines } from "./scoreLines.ts";

/** Accuracy over held-out events, by which streams were there: `a+b`, `a`. */
export type EventAccuracy = Readonly<Record<string, number>>;

/** What training from recordings takes. */
export interface TrainRecordingsOptions {
  /** Logs, folders of segments, or folders of either. */
  readonly recordings: readonly string[];
  /** Recordings to choose the epoch by; a stretch at the end of each of `recordings` unless given. */
  readonly validation?: readonly string[];
  /** Streams to leave out: the model knows only of the others. */
  readonly without?: readonly string[];
  /** Fits a temperature of each stream's answer on what is held out. */
  readonly calibrate?: boolean;
  readonly seed: number;
  /** Passes over the recordings; the plan's unless given. */
  readonly epochs?: number;
  /** Changes of the pipeline's own plan. */
  readonly plan?: ModelPlan;
  /** File to write the weights to; the curves go beside it, as SVG. */
  readonly out: string;
  /** File of the checkpoint that a stopped run goes on from. */
  readonly checkpoint: string;
  readonly device?: DeviceChoice;
  readonly threads?: number;
  /** The command line, kept in the file. */
  readonly command?: string;
  /** What the recordings are of, and under which licence; kept in the file. */
  readonly about?: string;
  readonly onProgress?: (progress: TrainingProgress<EventAccuracy>) => void;
  /** Called with what is done before the first epoch, and with labels and rows that are left out. */
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** What came of training. */
export interface TrainRecordingsReport {
  readonly out: string;
  readonly curves: string;
  /** The epoch that was chosen. */
  readonly epoch: number;
  readonly validation: EventAccuracy | undefined;
  /** Weights in the file. */
  readonly bytes: number;
}

/** Share of each recording, at its end, that the epoch is chosen by where no recording is. */
const VALIDATION_SHARE = 0.08;
const SCORE_EVERY = 10;
/** Passes over the recordings, unless they are so short that the steps would be too few to learn by. */
const EPOCHS = 40;
const LEAST_STEPS = 400;
/** Steps of an epoch that its stretches are to be enough for: a minute of takes is three batches of four. */
const STEPS_PER_EPOCH = 4;

/**
 * Trains a pipeline's model on recordings and writes its weights.
 *
 * Nothing here knows the pipeline: rows come from its own aligner and extractors, classes from its slots,
 * labels from the recordings, sizes and training from its plan. A run that was stopped goes on from its
 * last epoch when it is started again with the same options.
 *
 * @throws {ConfigError} If there is no recording, no label of a class, or too little for one batch.
 * @throws {LogError} If a recording cannot be read.
 */
export async function trainRecordings(
  definition: PipelineDefinition,
  options: TrainRecordingsOptions,
): Promise<TrainRecordingsReport> {
  const { seed, device, onNote, out } = options;
  const used = narrowed(definition, options.without ?? []);
  const plan = mergePlans(
    definition.model.plan ?? {},
    options.plan ?? {},
    Object.keys(used.streams),
  );
  const { learnt, held } = await readParts(used, plan, options);
  const classes = classesOf(used);
  const prior = priorOf(
    learnt.map(({ labels }) => labels),
    classes.length,
  );
  if (!learnt.some(({ labels }) => labels.some((label) => label !== 0)))
    throw new ConfigError(
      "train",
      `expected labels of ${classes.slice(1, 4).join(", ")}… in the recordings, got none`,
    );
  if (!held.some(({ truth }) => truth.length > 0))
    onNote?.("nothing labelled is held out: the last epoch is taken");
  const sizes = Object.fromEntries(
    Object.entries(learnt[0]?.streams ?? {}).map(([name, { size }]) => [name, size]),
  );
  const config = configOf(plan, { sizes, classes, prior, rowMicros: used.grid.period });
  const standards = measureStandards(learnt, config, scalingOf(plan));
  const batch = fittedBatch(batchOf(plan, Object.keys(sizes)), learnt);
  const usual = Math.max(EPOCHS, Math.ceil(LEAST_STEPS / batch.steps));
  const epochs = options.epochs ?? plan.training?.epochs ?? usual;
  const rows = learnt.reduce((sum, line) => sum + line.rows, 0);
  const run = JSON.stringify({ rows, held: held.length, seed, epochs, plan });
  const resume = await readCheckpoint(options.checkpoint, run, config);
  if (resume !== undefined) onNote?.(`goes on after epoch ${resume.epoch} of ${epochs}`);
  const scoring = { slots: used.slots, ignored: used.answerStreams, ...(device && { device }) };
  const { training = {} } = plan;
  const orders = Rng.fromSeed(seed).fork("orders");
  const result = await trainLines<EventAccuracy>({
    config,
    loss: lossOf(plan),
    batch: { ...batch.options, standards },
    lines: async (epoch) => {
      if (training.shuffled !== true) return learnt;
      return [shuffleEvents(learnt, config.lookAheadRows, orders.fork(String(epoch)))];
    },
    seed,
    epochs,
    peakRate: training.peakRate ?? 4e-3,
    ...(training.weightDecay !== undefined && { weightDecay: training.weightDecay }),
    scoreEvery: SCORE_EVERY,
    validate: async (weights) =>
      held.length === 0 ? undefined : await scoreLines(weights, held, scoring),
    merit: meanOf,
    curve: (score) =>
      Object.fromEntries(Object.entries(score).map(([key, value]) => [`held out/${key}`, value])),
    finish: (params) => foldStandards(params, standards),
    onCheckpoint: (reached) => writeCheckpoint(options.checkpoint, run, reached),
    ...(resume !== undefined && { resume }),
    ...(device !== undefined && { device }),
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(options.onProgress !== undefined && { onProgress: options.onProgress }),
    ...(options.signal !== undefined && { signal: options.signal }),
  });
  const weights = options.calibrate
    ? await fitFusion(result.weights, held, scoring)
    : result.weights;
  const bytes = await writeResult({ ...result, definition, options, weights, epochs });
  return {
    out,
    curves: curvesFile(out),
    epoch: result.epoch,
    validation: result.validation,
    bytes,
  };
}

/** Batches no larger than what was recorded is enough for, and how many there are in an epoch. */
function fittedBatch(
  options: BatchOptions,
  lines: readonly RecordedLine[],
): { readonly options: BatchOptions; readonly steps: number } {
  // Wherever the first stretch of a line begins, so many follow.
  const stretches = lines.reduce(
    (sum, { rows }) => sum + Math.max(0, Math.floor((rows + 1) / options.rows) - 1),
    0,
  );
  const fitted = Math.max(1, Math.min(options.stretches, Math.floor(stretches / STEPS_PER_EPOCH)));
  return {
    options: { ...options, stretches: fitted },
    steps: Math.max(1, Math.floor(stretches / fitted)),
  };
}

/** The pipeline as if some of its streams did not exist. */
export function narrowed(
  definition: PipelineDefinition,
  without: readonly string[],
): PipelineDefinition {
  for (const name of without)
    if (!(name in definition.streams))
      throw new ConfigError(
        `pipeline ${definition.name}`,
        `expected one of its streams, got ${name}`,
      );
  const streams = Object.entries(definition.streams).filter(([name]) => !without.includes(name));
  if (streams.length === 0)
    throw new ConfigError(`pipeline ${definition.name}`, "expected a stream to be left, got none");
  return { ...definition, streams: Object.fromEntries(streams) };
}

/** A plan with changes, of the streams that there are. */
function mergePlans(own: ModelPlan, changes: ModelPlan, names: readonly string[]): ModelPlan {
  const streams = { ...own.streams, ...changes.streams };
  return {
    ...own,
    ...changes,
    training: { ...own.training, ...changes.training },
    streams: Object.fromEntries(Object.entries(streams).filter(([name]) => names.includes(name))),
  };
}

/** What is learnt, and what the epoch is chosen by. */
async function readParts(
  definition: PipelineDefinition,
  plan: ModelPlan,
  { recordings, validation, onNote }: TrainRecordingsOptions,
): Promise<{ learnt: readonly RecordedLine[]; held: readonly RecordedLine[] }> {
  const lookAhead = plan.lookAhead ?? micros(0);
  const read = async (paths: readonly string[]) => {
    const { lines, unknown, unusable } = await readLines(definition, {
      recordings: await findRecordings(paths),
      lookAhead,
      onRead: (path, rows) => onNote?.(`${path}: ${counted(rows, "row")}`),
    });
    for (const [label, times] of unknown)
      onNote?.(
        `${counted(times, "label")} "${label}" ${times === 1 ? "is" : "are"} of no class of this pipeline and not learnt`,
      );
    for (const [stream, rows] of unusable)
      onNote?.(
        `${counted(rows, `row of ${stream} holds`, `rows of ${stream} hold`)} numbers that are not finite, or 1.8e19 and more: counted as missing`,
      );
    return lines;
  };
  const lines = await read(recordings);
  if (validation !== undefined)
    return { learnt: lines.flat(), held: (await read(validation)).flat() };
  const { period } = definition.grid;
  const cut = (line: RecordedLine): number => Math.ceil(line.rows * (1 - VALIDATION_SHARE));
  return {
    learnt: lines.flat().map((line) => partOf(line, 0, cut(line), period)),
    held: lines.flat().map((line) => partOf(line, cut(line), line.rows, period)),
  };
}

async function writeResult(result: {
  readonly definition: PipelineDefinition;
  readonly options: TrainRecordingsOptions;
  readonly weights: TrainedWeights;
  readonly epochs: number;
  readonly epoch: number;
  readonly validation: EventAccuracy | undefined;
  readonly curves: readonly Readonly<Record<string, number>>[];
}): Promise<number> {
  const { definition, options, weights, epochs, epoch, validation, curves } = result;
  const { out, seed, command, about } = options;
  await mkdir(dirname(out), { recursive: true });
  const bytes = encodeWeights({
    ...weights,
    provenance: {
      pipeline: definition.name,
      data: about ?? options.recordings.join(" "),
      seed: String(seed),
      epochs: String(epochs),
      chosenEpoch: String(epoch),
      ...(validation !== undefined && { heldOut: JSON.stringify(validation) }),
      ...(command !== undefined && { command }),
    },
  });
  await writeFile(out, bytes);
  await writeFile(curvesFile(out), drawLearningCurves(curves, `${definition.name}, seed ${seed}`));
  return bytes.length;
}

function curvesFile(out: string): string {
  return `${out.replace(/\.safetensors$/, "")}-curves.svg`;
}

function meanOf(score: EventAccuracy): number {
  const values = Object.values(score);
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
