import type { GmcConfig } from "../../../models/gmc/config.ts";
import { drawMasks, maskSizes } from "../../../models/gmc/drawMasks.ts";
import type { GmcMasks } from "../../../models/gmc/network.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import { float32, int32, type SpecTree } from "../../../tensor/TensorSpec.ts";
import type { Tensor } from "../../../tensor/tf.ts";
import type { TrialContext } from "../../Study.ts";
import { epochBatches } from "./epochBatches.ts";

/** Inputs by modality, [N, ...shape] each. */
export type InstantInputs = Readonly<Record<string, HostTensor<"float32">>>;

/** Embeddings of N instants, [N, s] each. */
export interface InstantEmbeddings {
  readonly joint: HostTensor<"float32">;
  readonly modalities: Readonly<Record<string, HostTensor<"float32">>>;
}

/** Labelled instants of one split. */
export interface Instants {
  readonly count: number;
  readonly labels: Int32Array;
  /** Inputs of some of them; with a generator, as training sees them: moved about. */
  inputs(rows: ArrayLike<number>, rng?: Rng): InstantInputs;
}

/** What a trial learns and is tested on. */
export interface GmcTask {
  readonly train: Instants;
  readonly test: Instants;
  /** Further metrics of what was named for the test instants by one modality alone. */
  further?(modality: string, predicted: ArrayLike<number>): Record<string, number>;
  /** Metrics of how the embeddings lie to each other. */
  align?(embeddings: InstantEmbeddings, seed: number): Record<string, number>;
}

/** A data set with the network and the schedule for it. */
export interface GmcBench {
  readonly config: GmcConfig;
  readonly classes: number;
  /** Instants per step. */
  readonly batch: number;
  readonly rate: number;
  /** What else figures depend on, beside the network: how inputs are laid out and moved about. */
  readonly inputs?: unknown;
  load(context: TrialContext): Promise<GmcTask>;
}

/** Specs of a step: `inputs` of every modality, labels `y`, and dropout's `masks` where there is any. */
export function batchSpecs({ config, batch }: GmcBench): SpecTree {
  const masks = maskSizes(config);
  return {
    inputs: Object.fromEntries(
      config.modalities.map(({ name, shape }) => [name, float32([batch, ...shape])]),
    ),
    y: int32([batch]),
    ...(masks !== undefined && {
      masks: {
        joint: float32([batch, masks.joint.reduce((sum, size) => sum + size, 0)]),
        modalities: Object.fromEntries(
          Object.entries(masks.modalities).map(([name, size]) => [name, float32([batch, size])]),
        ),
      },
    }),
  };
}

/** What the loss of a step sees. */
export interface BatchTensors {
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** [B] */
  readonly y: Tensor;
  readonly masks?: GmcMasks;
}

/** The parts of a step's tensors by their names. */
export function viewBatch(tensors: unknown): BatchTensors {
  // The tensors come under the names of `batchSpecs`.
  return tensors as BatchTensors;
}

/** Feeds of step after step: the training instants, epoch by epoch in a new order. */
export function batchFeeds(
  { config, batch }: GmcBench,
  train: Instants,
  rng: Rng,
): () => Record<string, unknown> {
  const next = epochBatches(train.count, batch, rng.fork("order"));
  const move = rng.fork("moves");
  const drop = rng.fork("dropout");
  const masks = maskSizes(config);
  return () => {
    const rows = next();
    const moved = train.inputs(rows, move);
    return {
      inputs: Object.fromEntries(config.modalities.map(({ name }) => [name, moved[name]])),
      y: Int32Array.from(rows, (row) => train.labels[row] ?? 0),
      ...(masks !== undefined && { masks: drawMasks(config, masks, batch, drop) }),
    };
  };
}

/** Steps in one pass over the training instants. */
export function epochSteps({ batch }: GmcBench, { count }: Instants): number {
  return Math.max(1, Math.floor(count / batch));
}

/** Learning rate that falls from `rate` to 0 along a cosine. */
export function cosineRate(rate: number, steps: number): (step: number) => number {
  return (step) => (rate * (1 + Math.cos((Math.PI * step) / steps))) / 2;
}

/** A learning rate that rises to its own over the first so many steps; 0 leaves it as it is. */
export function warmedUp(rate: (step: number) => number, warmup: number): (step: number) => number {
  return (step) => (step < warmup ? (rate(step) * (step + 1)) / warmup : rate(step));
}

/** All rows of 0..count−1. */
export function allRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
