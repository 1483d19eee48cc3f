import { readFile } from "node:fs/promises";

import { ModelError } from "../errors.ts";
import { Stage } from "../stage/Stage.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import type { PipelineDefinition } from "./definePipeline.ts";

/** Rows that may wait for the model before one is refused: ten seconds at 25 Hz. */
const CAPACITY = 256;

/**
 * Opens a pipeline's trained model in a worker of its own.
 *
 * @throws {ModelError} If its weights cannot be read.
 * @throws {DeviceError} If the model cannot be opened on the device.
 */
export async function openStage(
  definition: PipelineDefinition,
  { device, threads }: { readonly device: DeviceChoice; readonly threads: number },
): Promise<Stage> {
  const { name, model } = definition;
  let weights: Uint8Array;
  try {
    weights = await readFile(model.weights);
  } catch (cause) {
    throw new ModelError(
      `pipeline ${name}`,
      `expected weights at ${model.weights.pathname}, got none: train it first`,
      { cause },
    );
  }
  return Stage.open({ name, weights, device, threads, capacity: CAPACITY });
}
