import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { ModelError } from "../errors.ts";
import type { OnlineLearnerState as LearnerState } from "../learn/online/OnlineLearnerState.ts";
import { ONLINE_DEFAULTS } from "../learn/online/OnlineOptions.ts";
import { Learner } from "../stage/Learner.ts";
import { Stage } from "../stage/Stage.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import type { LearnOptions } from "./RunOptions.ts";

/** Rows that may wait for the model before one is refused: ten seconds at 25 Hz. */
const CAPACITY = 256;
/** Rows and labels that may wait for the learner before it gives up: three minutes at 25 Hz. */
const LEARNER_CAPACITY = 4_500;

/**
 * Opens a pipeline's model in a worker of its own; untrained where its weights are not there yet.
 *
 * @throws {ModelError} If its weights are there and cannot be read, or an extractor's file cannot.
 * @throws {DeviceError} If the model cannot be opened on the device.
 */
export async function openStage(
  definition: PipelineDefinition,
  options: {
    readonly device: DeviceChoice;
    readonly threads: number;
    /** Whether answers bring along what the head read, for a learner. */
    readonly features?: boolean;
  },
): Promise<Stage> {
  const { name, streams } = definition;
  const extractors: Record<string, Uint8Array> = {};
  for (const [stream, { onnx }] of Object.entries(streams))
    if (onnx !== undefined)
      extractors[stream] = await readAsset(name, `the extractor of ${stream}`, onnx);
  const weights = existsSync(definition.model.weights) ? await readWeights(definition) : undefined;
  const { device, threads, features = false } = options;
  return Stage.open({
    ...{ name, extractors, device, threads, features, capacity: CAPACITY },
    ...(weights !== undefined && { weights }),
  });
}

/**
 * Opens what learns beside a pipeline's model, in a worker of its own.
 *
 * @throws {ModelError} If its weights are not there or cannot be read.
 * @throws {ConfigError} If an option is out of its range.
 */
export async function openLearner(
  definition: PipelineDefinition,
  learn: LearnOptions,
  { answerWith, state }: { readonly answerWith: readonly string[]; readonly state?: LearnerState },
): Promise<Learner> {
  const { name, answerStreams } = definition;
  return Learner.open({
    name,
    weights: await readWeights(definition),
    ignored: answerStreams.filter((stream) => !answerWith.includes(stream)),
    online: { ...ONLINE_DEFAULTS, ...learn.online },
    capacity: LEARNER_CAPACITY,
    ...(state !== undefined && { state }),
  });
}

function readWeights({ name, model }: PipelineDefinition): Promise<Uint8Array> {
  return readAsset(name, "weights (sensorium train makes them)", model.weights);
}

async function readAsset(pipeline: string, what: string, file: URL): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ModelError(`pipeline ${pipeline}`, `expected ${what} at ${file.pathname}, got none`, {
      cause,
    });
  }
}
