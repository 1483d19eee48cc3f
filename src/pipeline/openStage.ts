import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { ModelError } from "../errors.ts";
import { Stage } from "../stage/Stage.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import type { PipelineDefinition } from "./definePipeline.ts";

/** Rows that may wait for the model before one is refused: ten seconds at 25 Hz. */
const CAPACITY = 256;

/**
 * Opens a pipeline's model in a worker of its own; untrained where its weights are not there yet.
 *
 * @throws {ModelError} If its weights are there and cannot be read, or an extractor's file cannot.
 * @throws {DeviceError} If the model cannot be opened on the device.
 */
export async function openStage(
  definition: PipelineDefinition,
  { device, threads }: { readonly device: DeviceChoice; readonly threads: number },
): Promise<Stage> {
  const { name, model, streams } = definition;
  const read = async (what: string, file: URL): Promise<Uint8Array> => {
    try {
      return await readFile(file);
    } catch (cause) {
      throw new ModelError(`pipeline ${name}`, `expected ${what} at ${file.pathname}, got none`, {
        cause,
      });
    }
  };
  const extractors: Record<string, Uint8Array> = {};
  for (const [stream, { onnx }] of Object.entries(streams))
    if (onnx !== undefined) extractors[stream] = await read(`the extractor of ${stream}`, onnx);
  const weights = existsSync(model.weights)
    ? await read("weights (sensorium train makes them)", model.weights)
    : undefined;
  return Stage.open({
    ...{ name, extractors, device, threads, capacity: CAPACITY },
    ...(weights !== undefined && { weights }),
  });
}
