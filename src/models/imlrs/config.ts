import { ConfigError } from "../../errors.ts";
import { sizeOfShape } from "../../tensor/TensorSpec.ts";

/** The shared positions that fusion tokens stand at: slots of time, patches of ground, or one moment. */
export type ImlGrid =
  | { readonly kind: "line"; readonly length: number }
  | { readonly kind: "grid"; readonly rows: number; readonly columns: number };

/**
 * How a modality's input becomes tokens. Every kind cuts it into patches without overlap, in the
 * order of time, then of rows and columns; T tokens at N positions are T / N per position, in order.
 */
export type AdapterConfig =
  /** [B, rows, columns, channels], square patches. */
  | {
      readonly kind: "image";
      readonly rows: number;
      readonly columns: number;
      readonly channels: number;
      readonly patch: number;
    }
  /** [B, rows, columns] int32 class per pixel: embedded, then cut as an image. */
  | {
      readonly kind: "classMap";
      readonly rows: number;
      readonly columns: number;
      readonly classes: number;
      /** Numbers per pixel; 64 in the released code. */
      readonly embedding: number;
      readonly patch: number;
    }
  /** [B, length, channels], windows of `window` samples. */
  | {
      readonly kind: "series";
      readonly length: number;
      readonly channels: number;
      readonly window: number;
    }
  /** [B, frames, rows, columns, channels], blocks of `window` frames and `patch` rows and columns. */
  | {
      readonly kind: "clip";
      readonly frames: number;
      readonly rows: number;
      readonly columns: number;
      readonly channels: number;
      readonly window: number;
      readonly patch: readonly [rows: number, columns: number];
    }
  /** [B, length] int32 ids of words, codes or notes: one token each. */
  | { readonly kind: "tokens"; readonly length: number; readonly vocabulary: number };

/** One modality. */
export interface ModalityConfig {
  readonly name: string;
  readonly adapter: AdapterConfig;
  /** A GELU layer of this width between patch and token; none in the paper. */
  readonly hidden?: number;
  /**
   * Whether the second half of a patch tells what is missing in the first: 1 where the value was not
   * measured. Such values are no target of the reconstruction. Series of `window` 1 only.
   */
  readonly missingFlags?: boolean;
  /** What its decoder minimises; class maps and tokens always use the cross-entropy. */
  readonly reconstruction?: "mse" | "l1";
}

/** Everything about the network that is not a weight. Plain JSON. */
export interface ImlConfig {
  readonly grid: ImlGrid;
  /** In the order of their keys in every attention. */
  readonly modalities: readonly ModalityConfig[];
  /** D, numbers per token; divisible by 4. */
  readonly width: number;
  readonly heads: number;
  /** Numbers per head; heads · headWidth need not be D. */
  readonly headWidth: number;
  readonly layers: number;
  /**
   * `cross`: the fusion token reads the tokens at its position (the TGRS form). `selfMPlus1`: it reads
   * itself as well, with shared norm weights (the released training form). `off`: the ablation.
   */
  readonly modalityAttention: "cross" | "selfMPlus1" | "off";
  /** `block`: a modality reads only itself. `none`: everything reads everything (MultiViT). */
  readonly mask: "block" | "none";
  /**
   * `perPosition`: a learned fusion token (and mask embedding) for every position. `shared`: one for
   * all, which a stream without an end needs.
   */
  readonly fusionTokens: "perPosition" | "shared";
  /** Fixed sines and cosines of the position are added to every token; `none` adds nothing. */
  readonly positions?: "sinCos" | "none";
  /** Causal over the slots of a line: slot i reads the slots i − window + 1 … i. */
  readonly causal?: { readonly window: number };
  /** LayerNorms before each sub-module: 2 in the released code (block's, then module's), 1 is enough. */
  readonly norms: 1 | 2;
  readonly decoder: { readonly width: number; readonly heads: number; readonly layers: number };
  /** Classes of the head. */
  readonly classes: number;
}

/** N, the number of positions. */
export function positionsOf(grid: ImlGrid): number {
  return grid.kind === "line" ? grid.length : grid.rows * grid.columns;
}

/** Shape of one example of a modality, without the batch axis. */
export function inputShapeOf(adapter: AdapterConfig): readonly number[] {
  switch (adapter.kind) {
    case "image":
      return [adapter.rows, adapter.columns, adapter.channels];
    case "classMap":
      return [adapter.rows, adapter.columns];
    case "series":
      return [adapter.length, adapter.channels];
    case "clip":
      return [adapter.frames, adapter.rows, adapter.columns, adapter.channels];
    case "tokens":
      return [adapter.length];
  }
}

/** Whether a modality's input is int32: class ids instead of numbers. */
export function isDiscrete(adapter: AdapterConfig): boolean {
  return adapter.kind === "classMap" || adapter.kind === "tokens";
}

/** T, tokens of one example of a modality. */
export function tokensOf(adapter: AdapterConfig): number {
  switch (adapter.kind) {
    case "image":
    case "classMap":
      return (adapter.rows / adapter.patch) * (adapter.columns / adapter.patch);
    case "series":
      return adapter.length / adapter.window;
    case "clip":
      return (
        (adapter.frames / adapter.window) *
        (adapter.rows / adapter.patch[0]) *
        (adapter.columns / adapter.patch[1])
      );
    case "tokens":
      return adapter.length;
  }
}

/** Elements of the input behind one token: P² · C of an image, window · C of a series. */
export function patchSizeOf(adapter: AdapterConfig): number {
  return sizeOfShape(inputShapeOf(adapter)) / tokensOf(adapter);
}

/** Numbers a decoder gives per patch: as many as it has, times the classes where it is discrete. */
export function targetSizeOf(adapter: AdapterConfig): number {
  if (adapter.kind === "tokens") return adapter.vocabulary;
  return patchSizeOf(adapter) * (adapter.kind === "classMap" ? adapter.classes : 1);
}

/** Finds a modality. @throws {ConfigError} If the network has none of that name. */
export function modalityOf(config: ImlConfig, name: string): ModalityConfig {
  const found = config.modalities.find((modality) => modality.name === name);
  if (found === undefined)
    throw new ConfigError(
      "imlrs",
      `expected one of ${config.modalities.map((each) => each.name).join(", ")}, got "${name}"`,
    );
  return found;
}

/**
 * Checks a configuration.
 *
 * @throws {ConfigError} If a patch does not divide its input, tokens do not divide over the positions,
 *   a size is not a positive integer, or a causal network is not over a line.
 */
export function checkImlConfig(config: ImlConfig): void {
  const { grid, modalities, width, heads, headWidth, layers, causal, classes, decoder } = config;
  const refuse = (problem: string): ConfigError => new ConfigError("imlrs", problem);
  const positions = positionsOf(grid);
  const sizes = { positions, width, heads, headWidth, layers, classes };
  const decoderSizes = Object.entries(decoder).map(
    ([name, size]) => [`decoder ${name}`, size] as const,
  );
  for (const [name, size] of [...Object.entries(sizes), ...decoderSizes])
    if (!Number.isInteger(size) || size < 1)
      throw refuse(`${name} must be an integer >= 1, got ${size}`);
  if (width % 4 !== 0) throw refuse(`width must be divisible by 4, got ${width}`);
  if (decoder.width % decoder.heads !== 0)
    throw refuse(
      `decoder width must be divisible by its heads, got ${decoder.width}, ${decoder.heads}`,
    );
  if (modalities.length === 0) throw refuse("expected at least one modality, got none");
  if (new Set(modalities.map(({ name }) => name)).size !== modalities.length)
    throw refuse(
      `names of modalities must differ, got ${modalities.map(({ name }) => name).join(", ")}`,
    );
  if (causal !== undefined && (grid.kind !== "line" || !(causal.window >= 1)))
    throw refuse(
      `causal needs slots on a line and a window >= 1, got ${grid.kind}, ${causal.window}`,
    );
  for (const { name, adapter, missingFlags = false } of modalities) {
    if (
      missingFlags &&
      (adapter.kind !== "series" || adapter.window !== 1 || adapter.channels % 2 > 0)
    )
      throw refuse(`${name}: missingFlags needs a series of window 1 and even channels`);
    const tokens = tokensOf(adapter);
    if (!Number.isInteger(tokens) || tokens < 1 || !Number.isInteger(patchSizeOf(adapter)))
      throw refuse(
        `${name}: patches must divide [${inputShapeOf(adapter)}], got ${tokens} of them`,
      );
    if (tokens % positions !== 0)
      throw refuse(
        `${name}: tokens must be a multiple of the ${positions} positions, got ${tokens}`,
      );
  }
}
