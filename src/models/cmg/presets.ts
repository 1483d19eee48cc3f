import type { CmgConfig, CmgEncoder, CmgInput } from "./config.ts";

/** What a preset leaves open. */
export interface PresetOptions {
  readonly modalities: readonly { readonly name: string; readonly input: CmgInput }[];
  readonly batch?: number;
  readonly frames?: number;
  /** L; 400 unless said otherwise. */
  readonly codes?: number;
}

const TRANSFORMER: CmgEncoder = {
  kind: "attention",
  layers: 2,
  heads: 4,
  feedForward: 1024,
  dropout: 0.1,
  reach: "clip",
};

/**
 * CMG as the paper writes it: simultaneous averages with an attention partner, a code must serve every
 * modality, predictions are told from candidate targets, CLUB by eq. 5 at weight 1.
 *
 * Where the paper gives no number (γ, patience of the reset, K) the released code's stands.
 *
 * Xia et al. 2023, NeurIPS.
 */
export function paperPreset(options: PresetOptions): CmgConfig {
  return {
    ...sizes(options, TRANSFORMER, 256),
    codebook: {
      size: options.codes ?? 400,
      dim: 256,
      decay: 0.99,
      form: "simultaneous",
      epsilon: 0,
      minCount: 1e-3,
      init: "data",
      partner: { kind: "attention", temperature: 1, normalize: false },
      updatesPerBatch: 1,
      reset: { rule: "both", after: 300, onto: "active", noise: 1 / 1024, syncStats: true },
    },
    commitment: { own: 0.25, cross: 0.125 },
    cpc: {
      layers: 1,
      hidden: 256,
      steps: 1,
      firstStart: 1,
      starts: "one",
      crossWeight: 1,
      selfWeight: 0,
      direction: "targets",
      queue: 0,
      guard: false,
    },
    club: {
      weight: 1,
      warmup: 0,
      innerSteps: 5,
      rate: 1e-3,
      hidden: 128,
      logVariance: [-8, 4],
      normalize: false,
      timeForm: "paper",
    },
    cmcm: { weight: 0.5, pairForm: "symmetric" },
    train: { rate: 4e-4, clipPerModule: 0.5 },
  };
}

/** What `codePreset` reproduces. */
export interface CodePresetOptions extends PresetOptions {
  /**
   * `head` (default): one codebook update per batch. `paper`: six, as in the revisions that made the
   * published figures, where each of CLUB's inner steps ran the encoder in training mode again.
   */
  readonly era?: "head" | "paper";
}

/**
 * CMG as the released repository computes it: sum pooling, sequential averages with Laplace smoothing,
 * codes near the origin at first, resets of the code alone, softmax over contexts, tanh log-variance.
 */
export function codePreset(options: CodePresetOptions): CmgConfig {
  const paper = paperPreset(options);
  return {
    ...paper,
    modalities: paper.modalities.map((modality) =>
      modality.input.kind === "map"
        ? { ...modality, input: { ...modality.input, pooling: "sum" as const } }
        : modality,
    ),
    codebook: {
      ...paper.codebook,
      form: "sequential",
      epsilon: 1e-5,
      init: "uniform",
      partner: { kind: "same-index" },
      updatesPerBatch: options.era === "paper" ? 6 : 1,
      reset: {
        rule: "any",
        // Counted in batches; the released counter counts calls.
        after: options.era === "paper" ? 50 : 300,
        onto: "active",
        noise: 1 / 1024,
        syncStats: false,
      },
    },
    commitment: { own: 0.5, cross: 0.25 },
    ...(paper.cpc && {
      cpc: { ...paper.cpc, layers: 2, selfWeight: 0.1, direction: "contexts" as const },
    }),
    ...(paper.club && {
      club: { ...paper.club, logVariance: "tanh" as const, timeForm: "code" as const },
    }),
    cmcm: { weight: 0.5, pairForm: "mixed" },
  };
}

/**
 * CMG for frames of live streams: frame-wise encoders, simultaneous averages of synchronised pairs with
 * a floor instead of smoothing, resets onto data with (N, o), an added same-frame contrast, prediction at a
 * fifth of its published weight.
 *
 * Sizes are for sensors: D = 64 and one small LSTM. CLUB is off: at a small weight it changed nothing
 * on our data, at the published one it destroyed transfer (docs/cmg.md).
 */
export function streamPreset(options: PresetOptions): CmgConfig {
  return {
    ...sizes({ batch: 64, ...options }, { kind: "frames", hidden: 256 }, 32),
    codebook: {
      size: options.codes ?? 400,
      dim: 64,
      decay: 0.99,
      form: "simultaneous",
      epsilon: 0,
      minCount: 1e-3,
      init: "data",
      partner: { kind: "same-index" },
      updatesPerBatch: 1,
      reset: { rule: "both", after: 50, onto: "data", noise: 0, syncStats: true },
    },
    commitment: { own: 0.5, cross: 0.25 },
    cpc: {
      layers: 1,
      hidden: 64,
      steps: 1,
      firstStart: 1,
      starts: "one",
      // Beside the contrast, prediction at its published weight draws z to what changes slowly.
      crossWeight: 0.2,
      selfWeight: 0.02,
      direction: "both",
      queue: 0,
      guard: false,
    },
    cmcm: { weight: 0.5, pairForm: "symmetric" },
    contrast: { weight: 1, temperature: 1 },
    train: { rate: 2e-3 },
  };
}

function sizes(
  { modalities, batch = 80, frames = 10 }: PresetOptions,
  encoder: CmgEncoder,
  specific: number,
): Pick<CmgConfig, "modalities" | "batch" | "frames"> {
  return {
    modalities: modalities.map(({ name, input }) => ({ name, input, encoder, specific })),
    batch,
    frames,
  };
}
