import type { DecurConfig, EncoderConfig } from "../../../models/decur/config.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import type { DataSet } from "../../DataSet.ts";
import type { Examples } from "../../Examples.ts";

/** Examples, with a number to predict beside the label where the set has one. */
export interface TaskExamples extends Examples {
  /** [count] */
  readonly moisture?: Float32Array;
}

/** One modality of a set: how it is encoded, and what another view of it is. */
export interface TaskModality {
  readonly name: string;
  readonly encoder: EncoderConfig;
  /** Another view of one example; the generator is all its chance. */
  augment(example: Float32Array, rng: Rng): Float32Array;
}

/** How long and in what steps is pretrained. */
export interface Schedule {
  readonly steps: number;
  /** Rows of a batch, ≥ 32. */
  readonly batch: number;
  /** Peak learning rate; warm-up, then a cosine to 0. */
  readonly rate: number;
}

/** A set made ready: what is learnt from, what is tested on, and with what network. */
export interface DecurTask {
  readonly modalities: readonly TaskModality[];
  readonly projector: DecurConfig["projector"];
  /** K_c. */
  readonly common: number;
  /** λ */
  readonly lambda: number;
  readonly schedule: Schedule;
  /** Subsets of modalities that are probed. */
  readonly subsets: readonly (readonly string[])[];
  /** Reads both splits; rows without a label are for pretraining only. */
  read(
    data: DataSet,
    split: string,
  ): Promise<{ readonly train: TaskExamples; readonly test: TaskExamples }>;
}

/** The DeCUR model of a task. */
export function configOf(task: DecurTask): DecurConfig {
  const { modalities, projector, common, lambda } = task;
  return {
    modalities: modalities.map(({ name, encoder }) => ({ name, encoder })),
    projector,
    loss: { common, lambda },
  };
}

/** What a subset is called in metrics: `inertial+depth`. */
export function subsetName(subset: readonly string[]): string {
  return subset.join("+");
}

/** Reads the training split and another one. */
export function readBoth(
  read: (data: DataSet, split: string) => Promise<TaskExamples>,
): DecurTask["read"] {
  return async (data, split) => ({
    train: await read(data, "train"),
    test: await read(data, split),
  });
}
