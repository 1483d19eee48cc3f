import { ConfigError } from "../../errors.ts";

/** One layer of an encoder; sizes follow from the layer before. Each ends in LayerNorm and GELU. */
export type LayerConfig =
  /** Square convolution over the last three axes [rows, columns, channels], padded to "same". */
  | {
      readonly kind: "picture";
      readonly filters: number;
      readonly kernel: number;
      readonly stride: number;
    }
  /** Affine map of the last axis, row by row. */
  | { readonly kind: "dense"; readonly width: number }
  /**
   * Convolution over time, the last axis but one: `stride` rows are laid side by side, then `taps`
   * neighbours (odd; zeros beyond the ends) go through one affine map. Kernel: taps · stride rows.
   */
  | {
      readonly kind: "series";
      readonly width: number;
      readonly stride: number;
      readonly taps: number;
    }
  /** Makes the last `axes` axes one. No weights, no activation. */
  | { readonly kind: "flatten"; readonly axes: number }
  /** Mean over the last axis but one. No weights, no activation. */
  | { readonly kind: "mean" };

/** What turns one modality's input into a feature vector. */
export interface EncoderConfig {
  /** Shape of one example. */
  readonly input: readonly number[];
  /** From the input to a vector; after the last layer one axis must be left. */
  readonly layers: readonly LayerConfig[];
}

/**
 * How the head is kept from unlearning one modality while it learns another: see `HeadGuard`.
 *
 * `paper`: recursive least squares over the means of all steps. `leaky`: the same, forgetting.
 * `stream`: projects out the running means of the other modalities, and nothing else.
 */
export type HeadGuardConfig =
  | { readonly kind: "none" }
  | { readonly kind: "paper"; readonly alpha: number }
  | { readonly kind: "leaky"; readonly alpha: number; readonly leak: number }
  | { readonly kind: "stream"; readonly alpha: number; readonly meanDecay: number };

/** Update rule, the same for encoders and head; decay never falls on the head. */
export type MlaOptimizerConfig =
  | { readonly kind: "sgd"; readonly momentum: number; readonly weightDecay: number }
  | { readonly kind: "adamw"; readonly weightDecay: number; readonly beta2: number };

/** Everything about a model and its training that is not a weight. Plain JSON. */
export interface MlaConfig {
  /** By name, in the order in which a round visits them. */
  readonly modalities: Readonly<Record<string, EncoderConfig>>;
  /** s: numbers of a feature vector, the same for all modalities. */
  readonly width: number;
  /** C. */
  readonly classes: number;
  readonly guard: HeadGuardConfig;
  /** Whether the guard covers the head's bias too, as the weight of a constant feature 1. */
  readonly guardsBias: boolean;
  /**
   * What the guard projects. `update` holds under any optimiser; `gradient` is the published rule,
   * whose protection is lost as soon as momentum or Adam's scaling follow it.
   */
  readonly guarded: "update" | "gradient";
  readonly optimizer: MlaOptimizerConfig;
  /** Share of the target given to all classes alike, in [0, 1). */
  readonly labelSmoothing: number;
}

/** The published training: plain steps and the paper's guard, bias free. */
export const MLA_PAPER = {
  guard: { kind: "paper", alpha: 0.1 },
  guardsBias: false,
  guarded: "gradient",
  optimizer: { kind: "sgd", momentum: 0, weightDecay: 0 },
  labelSmoothing: 0,
} as const satisfies Partial<MlaConfig>;

/** Where to start: no guard, AdamW; what of it was measured says docs/mla.md. */
export const MLA_DEFAULTS = {
  guard: { kind: "none" },
  guardsBias: false,
  guarded: "update",
  optimizer: { kind: "adamw", weightDecay: 0.02, beta2: 0.98 },
  labelSmoothing: 0,
} as const satisfies Partial<MlaConfig>;

/**
 * Checks a configuration.
 *
 * @throws {ConfigError} If a number is out of its range, or no modality is named. Layers that do not
 *   fit each other are refused by `initEncoder`.
 */
export function checkMlaConfig(config: MlaConfig): MlaConfig {
  const where = "MlaConfig";
  const refuse = (problem: string): never => {
    throw new ConfigError(where, problem);
  };
  const { modalities, width, classes, guard, labelSmoothing, optimizer } = config;
  if (Object.keys(modalities).length === 0) refuse("modalities must not be empty, got {}");
  if (!(Number.isSafeInteger(width) && width > 0)) refuse(`width must be > 0, got ${width}`);
  if (!(Number.isSafeInteger(classes) && classes > 1))
    refuse(`classes must be > 1, got ${classes}`);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    refuse(`labelSmoothing must be in [0, 1), got ${labelSmoothing}`);
  if (!(optimizer.weightDecay >= 0))
    refuse(`weightDecay must be >= 0, got ${optimizer.weightDecay}`);
  if (guard.kind !== "none" && !(guard.alpha > 0)) refuse(`alpha must be > 0, got ${guard.alpha}`);
  if (guard.kind === "leaky" && !(guard.leak >= 0 && guard.leak <= 1))
    refuse(`leak must be in [0, 1], got ${guard.leak}`);
  if (guard.kind === "stream" && !(guard.meanDecay >= 0 && guard.meanDecay < 1))
    refuse(`meanDecay must be in [0, 1), got ${guard.meanDecay}`);
  return config;
}
