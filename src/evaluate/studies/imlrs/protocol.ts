import type { ImlConfig } from "../../../models/imlrs/config.ts";
import type { ContrastOptions } from "../../../models/imlrs/loss.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import type { DataSet } from "../../DataSet.ts";
import type { Examples } from "../../Examples.ts";

/** Data of a batch, per modality. */
export type HostBatch = Readonly<Record<string, HostTensor<"float32">>>;

/** Examples of which some lack some modalities by nature. */
export interface IncompleteExamples extends Examples {
  /** [count] class, or −1 for a row that only pre-training may use. */
  readonly labels: Int32Array;
  /** Per modality [count] 1 where it is there; one left out is always there. */
  readonly present?: Readonly<Record<string, Float32Array>>;
}

/** How long and how fast one phase of training is. */
export interface Schedule {
  readonly steps: number;
  /** B */
  readonly batch: number;
  /** Highest learning rate, after a warm-up of a tenth of the steps; then a cosine to 0. */
  readonly peak: number;
  readonly weightDecay: number;
  /** Share of tokens that the encoder sees. */
  readonly keep: number;
}

/** How the network is trained to classify. */
export interface ClassifySchedule extends Schedule {
  /** Share of the head's inputs that are dropped, in [0, 1). */
  readonly dropout: number;
  readonly smoothing: number;
  /** Weight of each modality's own answer in the loss. */
  readonly own: number;
  /** Draws classes equally often, for balanced accuracy. */
  readonly balanced: boolean;
}

/** How one data set is put to the network. */
export interface ImlProtocol {
  readonly set: string;
  readonly network: ImlConfig;
  /** What decides whether an answer counts: of all rows, or as the mean over classes. */
  readonly score: "accuracy" | "balanced";
  readonly classify: ClassifySchedule;
  readonly pretrain: Schedule & { readonly contrast: ContrastOptions };
  /** Subsets to test on, by their names; each is what a row is shown of what it has. */
  readonly subsets: readonly ModalitySubset[];
  /** Those that get a network of their own. */
  readonly specialists: readonly ModalitySubset[];
  /** Variants that are not run on this set: nothing to take away, or too long for what they tell. */
  readonly leftOut?: readonly string[];
  /** Variants that are run with one seed only: they take long on this set. */
  readonly once?: readonly string[];
  read(data: DataSet, split: string): Promise<IncompleteExamples>;
  /** A batch as it might have come from elsewhere, in new tensors; absent: no augmentation. */
  augment?(batch: HostBatch, rng: Rng): HostBatch;
  /** A batch as the network's adapters take it; absent: as it was read. */
  prepare?(batch: HostBatch): HostBatch;
}

/** Modalities shown together. */
export interface ModalitySubset {
  /** As metrics name it: `inertial+skeleton`, `natural`. */
  readonly name: string;
  readonly modalities: readonly string[];
  /** Rows that lack any of these are left out; none: every row counts with what it has. */
  readonly required: readonly string[];
  /** Tests on at most so many rows of each class, at equal distances; absent: on all. */
  readonly perClass?: number;
}

/** Every non-empty subset, the smallest first. */
export function allSubsets(modalities: readonly string[]): ModalitySubset[] {
  const subsets = Array.from({ length: 2 ** modalities.length - 1 }, (_, bits) =>
    modalities.filter((_, index) => ((bits + 1) >> index) & 1),
  );
  subsets.sort((a, b) => a.length - b.length);
  return subsets.map((members) => ({
    name: members.join("+"),
    modalities: members,
    required: members,
  }));
}
