import type { GmcConfig } from "../../../../models/gmc/config.ts";
import type { Rng } from "../../../../tensor/Rng.ts";
import { float32, int32, type TensorSpec } from "../../../../tensor/TensorSpec.ts";
import { epochBatches } from "../epochBatches.ts";
import type { DigitTuples } from "./digitTuples.ts";

/** Tuples per step, as published. */
export const DIGIT_BATCH = 64;

/** Specs of a batch: every modality's input and the labels `y`. */
export function digitBatchSpecs(config: GmcConfig): Record<string, TensorSpec> {
  return {
    ...Object.fromEntries(
      config.modalities.map(({ name, shape }) => [name, float32([DIGIT_BATCH, ...shape])]),
    ),
    y: int32([DIGIT_BATCH]),
  };
}

/** Feeds of step after step: the training tuples, epoch by epoch in a new order. */
export function digitFeeds(
  tuples: DigitTuples,
  config: GmcConfig,
  rng: Rng,
): () => Record<string, unknown> {
  const next = epochBatches(tuples.count, DIGIT_BATCH, rng);
  return () => {
    const rows = next();
    const inputs = tuples.inputs(rows);
    return {
      ...Object.fromEntries(config.modalities.map(({ name }) => [name, inputs[name]])),
      y: Int32Array.from(rows, (row) => tuples.labels[row] ?? 0),
    };
  };
}
