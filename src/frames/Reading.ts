import type { Micros } from "../units.ts";
import type { Presence } from "./Frameset.ts";

/** What the model says about one stream at one instant. Only streams that were present have one. */
export interface StreamReading {
  /** Index of the nearest code in the codebook that all modalities share. */
  readonly code: number;
  /**
   * How often that code has been put elsewhere since the model was trained; absent for never. Index and
   * generation together name a meaning: under another generation the same index says something else.
   */
  readonly generation?: number;
  /** Euclidean distance to that code, in embedding units. */
  readonly distance: number;
  /** Distance to the second nearest code minus `distance`, ≥ 0: small means undecided. */
  readonly margin: number;
  /** [D] unit vector in the space where any one stream can stand in for all (GMC). */
  readonly embedding: Float32Array;
  /** [classes] natural log, from this stream alone. */
  readonly logProbabilities: Float32Array;
  /** Share of this stream in the fused answer, in [0, 1]; the shares of one reading sum to 1. */
  readonly weight: number;
}

/** The answer that one subset of the present streams would give: the robustness drill. */
export interface SubsetReading {
  /** Stream names, in pipeline order. */
  readonly streams: readonly string[];
  /** [classes] natural log. */
  readonly logProbabilities: Float32Array;
}

/** What the stage says about one frameset. */
export interface Reading {
  /** Id of the frameset it is about. */
  readonly id: string;
  readonly site: string;
  /** Grid instant of the newest frameset the model had seen. */
  readonly time: Micros;
  /** The instant the answer is about: `time` minus the model's look-ahead. */
  readonly labelTime: Micros;
  /** Version of the model that gave it. */
  readonly model: string;
  readonly presence: Readonly<Record<string, Presence>>;
  /**
   * Streams that were present with numbers that nothing can be computed with (not finite, or so large that
   * what follows is not): the row was answered as if they had been missing. Absent where there are none.
   */
  readonly unusable?: readonly string[];
  readonly streams: Readonly<Record<string, StreamReading>>;
  /** [D] unit vector of everything present; absent when nothing was. */
  readonly joint?: Float32Array;
  /** [classes] natural log, from everything present; the prior when nothing was. */
  readonly logProbabilities: Float32Array;
  /** Every non-empty subset of the present streams, the full one included. */
  readonly subsets: readonly SubsetReading[];
}
