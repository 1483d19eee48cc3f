import { ConfigError } from "../../errors.ts";

/** What a modality brings per frame. */
export type CmgInput =
  | {
      readonly kind: "vector";
      readonly size: number;
      /** A bidirectional LSTM in front, this wide per direction: the published text branch. */
      readonly recurrent?: number;
    }
  | {
      /** A feature map, channels last: the published video branch is 7 x 7 x 512. */
      readonly kind: "map";
      readonly side: number;
      readonly channels: number;
      /**
       * How places become one vector. `sum` is what the released code computes (its softmax runs over
       * an axis of length 1); `attention` is what the paper means.
       */
      readonly pooling: "attention" | "sum" | "mean";
      /** Channels of the specific branch's convolutions; 1024 and 2048 in the released code. */
      readonly convolution: readonly [number, number];
    };

/** How frames become the semantic z. All end in a layer norm, so ‖z‖ = √D at the start. */
export type CmgEncoder =
  /** Linear, ReLU, Linear per frame: no context, so z can carry no identity of its clip. */
  | { readonly kind: "frames"; readonly hidden: number }
  /** Dilated causal convolutions: context of the past alone. */
  | {
      readonly kind: "convolution";
      readonly hidden: number;
      readonly dilations: readonly number[];
    }
  /** Transformer layers, post-norm, without positions: the published encoder. */
  | {
      readonly kind: "attention";
      readonly layers: number;
      readonly heads: number;
      readonly feedForward: number;
      readonly dropout: number;
      /** `clip`: both directions, as published. A number: the present and so many frames less one back. */
      readonly reach: "clip" | number;
    };

/** One modality of the model. */
export interface CmgModality {
  readonly name: string;
  readonly input: CmgInput;
  readonly encoder: CmgEncoder;
  /** Numbers of the specific branch; 256 in the released code. */
  readonly specific: number;
}

/** Whom a vector is averaged with when the codebook moves. */
export type CmgPartner =
  /** The other modality's vector of the same frame: the released code, and any synchronised stream. */
  | { readonly kind: "same-index" }
  /** Attention over the other modality's frames within ±window of the same clip: the paper. */
  | {
      readonly kind: "attention";
      /** Frames to either side; absent: the whole clip. */
      readonly window?: number;
      /** Divides the logits; 1 in the paper. */
      readonly temperature: number;
      /** Compares directions alone: without it ‖z‖ = √D makes the softmax nearly an argmax. */
      readonly normalize: boolean;
    }
  /** Nobody: plain EMA, the ablation. */
  | { readonly kind: "none" };

/** When codes are put elsewhere. */
export interface CmgReset {
  /** `any`: unused by all modalities (released code); `both`: unused by one of them (paper). */
  readonly rule: "any" | "both";
  /** Batches without use. */
  readonly after: number;
  /** `data`: onto a vector of the batch. `active`: beside a code in use, with noise (released code). */
  readonly onto: "data" | "active";
  /** Half-width of the uniform noise beside a code in use; 1/1024 in the released code. */
  readonly noise: number;
  /** Whether N and o move too; without it the next average undoes the reset (released code). */
  readonly syncStats: boolean;
}

/** The codebook that all modalities share. */
export interface CmgCodebook {
  /** L. */
  readonly size: number;
  /** D. */
  readonly dim: number;
  /** γ per update. */
  readonly decay: number;
  readonly form: "simultaneous" | "sequential";
  /** Laplace smoothing of the sequential form. */
  readonly epsilon: number;
  /** Floor of N in the simultaneous form. */
  readonly minCount: number;
  /** `data`: vectors of the first batch; `uniform`: ±1/400, the released code. */
  readonly init: "data" | "uniform";
  readonly partner: CmgPartner;
  /** Moving averages per batch: 1, or 6 as in the runs of the paper (see presets). */
  readonly updatesPerBatch: number;
  /** Absent: codes are never reset. */
  readonly reset?: CmgReset;
}

/** Cross-CPC: one modality's past predicts the other's future. */
export interface CmgCpc {
  /** LSTM layers; 1 in the paper, 2 in the released code. */
  readonly layers: number;
  readonly hidden: number;
  /** K future frames. */
  readonly steps: number;
  /** First frame that may end a context. */
  readonly firstStart: number;
  /** One random end of the context per batch (published), or every one. */
  readonly starts: "one" | "all";
  readonly crossWeight: number;
  /** Weight of predicting the own future; 0.1 in the released code, absent (0) in the paper. */
  readonly selfWeight: number;
  /**
   * What the softmax runs over: candidate `targets` (eq. 6), `contexts` (released code) or the mean of
   * both.
   */
  readonly direction: "targets" | "contexts" | "both";
  /** Past targets kept as further negatives; 0: the batch alone. They join the softmax over targets. */
  readonly queue: number;
  /** Whether clips of one group (a batch input) are no negatives of each other. */
  readonly guard: boolean;
}

/** CLUB: an upper bound on what the specific branch knows of the semantic one. */
export interface CmgClub {
  /** Weight in the loss; 1 in the released code, where it can destroy what is shared. */
  readonly weight: number;
  /** Batches over which the weight rises from 0. */
  readonly warmup: number;
  /** Steps of the approximation nets per batch. */
  readonly innerSteps: number;
  /** Their learning rate. */
  readonly rate: number;
  /** Width of their hidden layers. */
  readonly hidden: number;
  /** ln σ² by a tanh in (−1, 1) (released code), or kept in an interval. */
  readonly logVariance: "tanh" | readonly [low: number, high: number];
  /** Normalises y per frame, so that shrinking it does not look like independence. */
  readonly normalize: boolean;
  /** Mean over time of the ratio (eq. 5), or ratio of the means (released code). */
  readonly timeForm: "paper" | "code";
}

/** Everything about a CMG model and its training that is not a weight. Plain JSON. */
export interface CmgConfig {
  /** Two or more. */
  readonly modalities: readonly CmgModality[];
  /** B, clips per batch. */
  readonly batch: number;
  /** T, frames per clip. */
  readonly frames: number;
  readonly codebook: CmgCodebook;
  readonly commitment: { readonly own: number; readonly cross: number };
  readonly cpc?: CmgCpc;
  readonly club?: CmgClub;
  readonly cmcm?: {
    readonly weight: number;
    /** `mixed`: the released code's second term; `symmetric`: that of the pair. */
    readonly pairForm: "mixed" | "symmetric";
  };
  /** Our addition: the same frame of two modalities should find each other among the batch. */
  readonly contrast?: { readonly weight: number; readonly temperature: number };
  readonly train: {
    /** Learning rate. */
    readonly rate: number;
    /** Largest gradient norm of each module: encoders, decoders, predictors, each CLUB net. */
    readonly clipPerModule?: number;
  };
}

/**
 * Checks a configuration, most of all one that came from a file.
 *
 * @throws {ConfigError} If there are fewer than two modalities or two of one name, a size is not a
 *   positive integer, attention heads do not divide D, or contexts do not fit into the clip.
 */
export function checkCmgConfig(config: CmgConfig): CmgConfig {
  const refuse = (problem: string): never => {
    throw new ConfigError("CmgConfig", problem);
  };
  const positive = (name: string, value: number): void => {
    if (!(Number.isSafeInteger(value) && value > 0))
      refuse(`${name} must be a positive integer, got ${value}`);
  };
  const { modalities, batch, frames, codebook, cpc, club } = config;
  if (modalities.length < 2) refuse(`expected 2 modalities or more, got ${modalities.length}`);
  if (new Set(modalities.map(({ name }) => name)).size !== modalities.length)
    refuse(`names must differ, got ${modalities.map(({ name }) => name).join()}`);
  positive("batch", batch);
  positive("frames", frames);
  positive("codebook.size", codebook.size);
  positive("codebook.dim", codebook.dim);
  positive("codebook.updatesPerBatch", codebook.updatesPerBatch);
  if (!(codebook.decay >= 0 && codebook.decay < 1))
    refuse(`codebook.decay must be in [0, 1), got ${codebook.decay}`);
  for (const { name, encoder, specific, input } of modalities) {
    positive(`${name}.specific`, specific);
    if (encoder.kind === "attention" && codebook.dim % encoder.heads !== 0)
      refuse(`${name}: heads must divide ${codebook.dim}, got ${encoder.heads}`);
    if (encoder.kind === "attention" && !(encoder.dropout >= 0 && encoder.dropout < 1))
      refuse(`${name}: dropout must be in [0, 1), got ${encoder.dropout}`);
    if (input.kind === "map" && input.side < 5)
      refuse(`${name}: the map's side must be 5 or more, got ${input.side}`);
  }
  if (cpc !== undefined) {
    positive("cpc.steps", cpc.steps);
    if (cpc.firstStart < 0 || cpcStarts(frames, cpc) < 1)
      refuse(`cpc: a context of ${cpc.firstStart + 1} and ${cpc.steps} frames must fit ${frames}`);
    if (cpc.queue > 0 && cpc.direction === "contexts")
      refuse("cpc.queue holds targets: direction must be targets or both, got contexts");
  }
  if (club !== undefined && typeof club.logVariance !== "string") {
    const [low, high] = club.logVariance;
    if (!(low < high)) refuse(`club.logVariance must be low < high, got ${low}, ${high}`);
  }
  return config;
}

/** Places where a context may end: firstStart … T − K − 1. */
export function cpcStarts(frames: number, { firstStart, steps }: CmgCpc): number {
  return frames - steps - firstStart;
}
