import { ConfigError } from "../../errors.ts";
import type { DeformableOptions } from "./deformable/DeformableOptions.ts";
import type { DeformableOptions1d } from "./deformable/deformableAttention1d.ts";
import type { DecurLossOptions } from "./loss.ts";

/** Layers over one vector: linear, layer norm, gelu, of these widths; the last is d. */
export interface VectorEncoder {
  readonly kind: "vector";
  readonly size: number;
  readonly widths: readonly number[];
}

/** One convolution over time, layer norm, gelu; then, if wanted, a residual deformable attention. */
export interface SeriesStage {
  readonly filters: number;
  /** Odd. */
  readonly kernel: number;
  readonly stride: number;
  readonly attention?: DeformableOptions1d;
}

/** Convolutions along T rows of one vector each; the mean of each of `bins` parts of what is left. */
export interface SeriesEncoder {
  readonly kind: "series";
  readonly rows: number;
  readonly channels: number;
  readonly stages: readonly SeriesStage[];
  readonly bins: number;
}

/** One convolution over the image, layer norm, gelu; then, if wanted, a residual deformable attention. */
export interface ImageStage {
  readonly filters: number;
  /** Odd. */
  readonly kernel: number;
  readonly stride: number;
  readonly attention?: DeformableOptions;
}

/** Image stages for every frame by itself, a dense layer over each frame, then series stages and bins. */
export interface ClipEncoder {
  readonly kind: "clip";
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly image: readonly ImageStage[];
  /** Width of a frame after the images. */
  readonly width: number;
  readonly stages: readonly SeriesStage[];
  readonly bins: number;
}

/** How a modality becomes a feature vector of d numbers. */
export type EncoderConfig = VectorEncoder | SeriesEncoder | ClipEncoder;

/** One modality. */
export interface DecurModality {
  readonly name: string;
  readonly encoder: EncoderConfig;
}

/** A DeCUR model: plain data that can travel with its weights. */
export interface DecurConfig {
  readonly modalities: readonly DecurModality[];
  readonly projector: {
    /** Width of the hidden layers. */
    readonly hidden: number;
    /** Hidden layers; 2 in the paper. */
    readonly depth: number;
    /** K: dimensions of the embedding. */
    readonly dimensions: number;
    /**
     * Whether all modalities use the same weights. The paper draws separate ones, its released code
     * shares them; statistics are each modality's own either way.
     */
    readonly isShared: boolean;
  };
  /** `common` is K_c. */
  readonly loss: DecurLossOptions;
  /** Statistics that remember the batches before, for streams; each batch by itself unless given. */
  readonly online?: {
    /** β in [0, 1). */
    readonly decay: number;
  };
}

/** Smallest batch that a correlation over rows means anything for. */
export const DECUR_MINIMUM_BATCH = 32;

/** Values per example of an input, as [..., ] shape without the batch. */
export function inputShape(encoder: EncoderConfig): readonly number[] {
  if (encoder.kind === "vector") return [encoder.size];
  if (encoder.kind === "series") return [encoder.rows, encoder.channels];
  return [encoder.frames, encoder.rows, encoder.columns, encoder.channels];
}

/** d: numbers in the feature vector. */
export function featureSize(encoder: EncoderConfig): number {
  if (encoder.kind === "vector") return encoder.widths.at(-1) ?? encoder.size;
  const start = encoder.kind === "series" ? encoder.channels : encoder.width;
  return (encoder.stages.at(-1)?.filters ?? start) * encoder.bins;
}

/** @throws {ConfigError} If the parts of a configuration do not fit each other. */
export function checkDecurConfig({ modalities, projector, loss }: DecurConfig): void {
  const { hidden, depth, dimensions, isShared } = projector;
  if (modalities.length === 0)
    throw new ConfigError("decur", "expected at least one modality, got none");
  for (const [name, value] of Object.entries({ hidden, dimensions }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new ConfigError("decur", `${name} must be a positive integer, got ${value}`);
  if (!(Number.isInteger(depth) && depth >= 0))
    throw new ConfigError("decur", `depth must be an integer >= 0, got ${depth}`);
  if (loss.common > dimensions)
    throw new ConfigError(
      "decur",
      `expected at most ${dimensions} common dimensions, got ${loss.common}`,
    );
  const sizes = new Set(modalities.map(({ encoder }) => featureSize(encoder)));
  if (isShared && sizes.size > 1)
    throw new ConfigError(
      "decur",
      `a shared projector needs features of one size, got ${[...sizes].join(", ")}`,
    );
}
