import { ConfigError } from "../../errors.ts";
import { sizeOfShape } from "../../tensor/TensorSpec.ts";
import { convolvedSize } from "../layers/convolve.ts";

/** What follows a layer's product. */
export type Activation = "none" | "relu" | "swish" | "gelu";

/** How a layer's output is normalised; `group:N` by N groups of channels. */
export type Normalization = "none" | "batch" | "layer" | `group:${number}`;

/** A convolution over rows and columns; over each picture by itself where the input is a film. */
export interface ConvLayer {
  readonly kind: "conv";
  readonly kernel: readonly [rows: number, columns: number];
  readonly stride: readonly [rows: number, columns: number];
  readonly padding: readonly [rows: number, columns: number];
  readonly channels: number;
  /** Default false, as in the released stacks. */
  readonly bias?: boolean;
  readonly normalization?: Normalization;
  readonly activation: Activation;
}

/** An affine map of all that came before, as one vector. */
export interface DenseLayer {
  readonly kind: "dense";
  readonly width: number;
  readonly normalization?: Normalization;
  readonly activation: Activation;
}

/** A film [T, H, W, C] as a sequence [T, 1, H·W·C], to go on along time. */
export interface FramesLayer {
  readonly kind: "frames";
}

/** The mean over all positions: [..., C] to [C]. */
export interface MeanLayer {
  readonly kind: "mean";
}

/** One layer of a feature stack. */
export type Layer = ConvLayer | DenseLayer | FramesLayer | MeanLayer;

/** One modality. */
export interface ModalityConfig {
  readonly name: string;
  /** Of one example: [D], [H, W, C] (a sequence is [T, 1, C]) or, for a film, [T, H, W, C]. */
  readonly shape: readonly number[];
  /** Its feature stack; the last affine map to h is not one of them. May be empty. */
  readonly layers: readonly Layer[];
  /** What the joint encoder reads: a stack of its own, or the input as it is. Default `stack`. */
  readonly joint?: "stack" | "raw";
}

/** The shared projection head: hidden layers, then `embedding` numbers of unit length. */
export interface HeadConfig {
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** s, the size of z. */
  readonly embedding: number;
}

/** A GMC model. Plain JSON: travels with the weights. */
export interface GmcConfig {
  /** In the order of the joint's concatenation. */
  readonly modalities: readonly ModalityConfig[];
  /** d, the size of h. */
  readonly width: number;
  readonly head: HeadConfig;
  /** τ of the contrast. */
  readonly temperature: number;
  /** Share of features dropped before the map to h in training; masks are fed. Default 0. */
  readonly dropout?: number;
  /**
   * Chance that the joint encoder is trained without the features of a modality, each by itself, all of
   * them never; masks are fed. Where examples are few it keeps the joint from leaning on one. Default 0.
   */
  readonly modalityDropout?: number;
  /**
   * Tell the joint encoder which inputs it may believe, one flag each. Needed to train on incomplete
   * windows. Default false, as published.
   */
  readonly presence?: boolean;
}

/**
 * Shapes of one example after each layer; the first is that of the input.
 *
 * @throws {ConfigError} If a layer does not fit what comes to it.
 */
export function layerShapes(modality: ModalityConfig): readonly (readonly number[])[] {
  const shapes: (readonly number[])[] = [modality.shape];
  for (const [position, layer] of modality.layers.entries()) {
    const shape = shapes[position] ?? [];
    const next = shapeAfter(layer, shape);
    if (next === undefined || next.some((size) => !(size >= 1)))
      throw new ConfigError(
        `modality ${modality.name}`,
        `layer ${position} (${layer.kind}) does not fit [${shape}]`,
      );
    shapes.push(next);
  }
  return shapes;
}

/** Numbers that a modality's stack gives. */
export function featureSize(modality: ModalityConfig): number {
  return sizeOfShape(layerShapes(modality).at(-1) ?? []);
}

/** Numbers that the joint encoder concatenates, flags included. */
export function jointFeatureSize(config: GmcConfig): number {
  return config.modalities.reduce(
    (sum, modality) =>
      sum + (modality.joint === "raw" ? sizeOfShape(modality.shape) : featureSize(modality)),
    config.presence === true ? config.modalities.length : 0,
  );
}

/**
 * Checks a configuration.
 *
 * @throws {ConfigError} If it names no or two equal modalities, a layer does not fit, or a number is
 *   out of range.
 */
export function checkGmcConfig(config: GmcConfig): void {
  const names = config.modalities.map(({ name }) => name);
  if (names.length === 0 || new Set(names).size !== names.length)
    throw new ConfigError("gmc", `expected modalities with names of their own, got [${names}]`);
  if (names.some((name) => name === "joint" || name === ""))
    throw new ConfigError("gmc", `expected other names than "joint" and "", got [${names}]`);
  if (!(config.temperature > 0))
    throw new ConfigError("gmc", `temperature must be > 0, got ${config.temperature}`);
  const { dropout = 0, modalityDropout = 0, width, head } = config;
  for (const share of [dropout, modalityDropout])
    if (!(share >= 0 && share < 1))
      throw new ConfigError("gmc", `dropout must be in [0, 1), got ${share}`);
  for (const size of [width, head.embedding, ...head.hidden])
    if (!(Number.isInteger(size) && size > 0))
      throw new ConfigError("gmc", `widths must be positive integers, got ${size}`);
  for (const modality of config.modalities) layerShapes(modality);
}

/** One modality's configuration. @throws {ConfigError} If there is none of this name. */
export function modalityOf(config: GmcConfig, name: string): ModalityConfig {
  const found = config.modalities.find((modality) => modality.name === name);
  if (found === undefined)
    throw new ConfigError(
      "gmc",
      `expected one of ${config.modalities.map((modality) => modality.name).join(", ")}, got "${name}"`,
    );
  return found;
}

function shapeAfter(layer: Layer, shape: readonly number[]): readonly number[] | undefined {
  const channels = shape.at(-1) ?? 0;
  if (layer.kind === "dense") return [layer.width];
  if (layer.kind === "mean") return shape.length < 2 ? undefined : [channels];
  if (layer.kind === "frames")
    return shape.length === 4 ? [shape[0] ?? 0, 1, sizeOfShape(shape.slice(1))] : undefined;
  if (shape.length !== 3 && shape.length !== 4) return undefined;
  const [height = 0, width = 0] = shape.slice(-3);
  return [
    ...shape.slice(0, -3),
    convolvedSize(height, layer.kernel[0], layer.stride[0], layer.padding[0]),
    convolvedSize(width, layer.kernel[1], layer.stride[1], layer.padding[1]),
    layer.channels,
  ];
}
