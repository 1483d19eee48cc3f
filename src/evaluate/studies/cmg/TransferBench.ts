import type { CmgConfig } from "../../../models/cmg/config.ts";
import type { DataSet } from "../../DataSet.ts";
import type { PairedClips } from "./PairedClips.ts";
import type { TimedLabel } from "./wordBins.ts";

/** Recordings of one part of a set, with the labelled spans that heads are tested on. */
export interface TransferPart {
  readonly clips: PairedClips;
  readonly spans: readonly TimedLabel[];
}

/** Both parts, by the projections of the training part. */
export interface TransferParts {
  readonly train: TransferPart;
  readonly test: TransferPart;
}

/** A data set as CMG's study uses it. */
export interface TransferBench {
  /** The configuration under test, with the same-frame contrast and without CLUB. */
  readonly config: CmgConfig;
  /** Batches. */
  readonly steps: number;
  readonly classes: number;
  /** Equal parts of a span that a head sees. */
  readonly bins: number;
  /** Frames by which an input lags what it shows. */
  readonly delay: number;
  /** Directions that linear CCA keeps. */
  readonly ccaComponents: number;
  /** Which variants are run beside the method; all unless given. */
  readonly variants?: readonly string[];
  /** Whatever else decides about the inputs, for the record of a run. */
  readonly features: unknown;
  /** Reads the training part and the split to test on. */
  read(data: DataSet, split: string): Promise<TransferParts>;
}
