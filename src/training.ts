/**
 * What a pipeline trains its model with: the learning rooms, for `pipelines/<name>/train/`.
 *
 * Apart from `index.ts`, because most programs run pipelines and few train them.
 */
export { ConfigError, ModelError } from "./errors.ts";
export { CaptionGrams } from "./features/CaptionGrams.ts";
export type { FeatureExtractor } from "./features/FeatureExtractor.ts";
export { LipFrames } from "./features/LipFrames.ts";
export { LogMel } from "./features/LogMel.ts";
export type { Label } from "./frames/EventSpan.ts";
export type { Cell } from "./frames/Frameset.ts";
export type { Reading } from "./frames/Reading.ts";
export {
  readCheckpoint,
  type TrainingCheckpoint,
  writeCheckpoint,
} from "./learn/checkpoints/TrainingCheckpoint.ts";
export type { RowAugmentation } from "./learn/rows/augmentRows.ts";
export { drawOutages, type Outage } from "./learn/rows/outages.ts";
export { type RowFeatures, type RowLine, rowInputs } from "./learn/rows/RowLine.ts";
export { type BatchOptions, cutStretches, drawMasks, fillBatch } from "./learn/rows/stretches.ts";
export {
  type TrainingProgress,
  type TrainLinesOptions,
  type TrainLinesResult,
  trainLines,
} from "./learn/trainLines.ts";
export {
  type HostBatch,
  type HostMasks,
  initTrainerState,
  type TrainerState,
  UnifiedTrainer,
} from "./learn/UnifiedTrainer.ts";
export { EventLocalizer, type EventLocalizerOptions } from "./localize/EventLocalizer.ts";
export { eventF1, type SlotScore, slotAccuracy } from "./localize/score.ts";
export type { UnifiedConfig } from "./models/unified/config.ts";
export { createInference, type Inference, type RowInputs } from "./models/unified/inference.ts";
export { UNIFIED_LOSS_DEFAULTS } from "./models/unified/loss.ts";
export { initParams } from "./models/unified/params.ts";
export { decodeWeights, encodeWeights, type UnifiedWeights } from "./models/unified/weights.ts";
export { spawnWorker } from "./stage/spawnWorker.ts";
export { argMax } from "./tensor/argMax.ts";
export type { DeviceChoice } from "./tensor/device/Device.ts";
export { type HostTensor, type HostTree, isHostTensor } from "./tensor/HostTensor.ts";
export { warmupCosine } from "./tensor/optimizers/warmupCosine.ts";
export { Rng } from "./tensor/Rng.ts";
export { decodeSafetensors, encodeSafetensors, treeOf } from "./tensor/safetensors.ts";
export { flattenTree } from "./tensor/tree.ts";
export { type Micros, micros, millis } from "./units.ts";
