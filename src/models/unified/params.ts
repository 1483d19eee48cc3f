import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { AttentionParams } from "../imlrs/attention.ts";
import { type CausalBlockParams, initCausalBlock } from "../layers/CausalBlock.ts";
import { initLinear, type LinearParams } from "../layers/Linear.ts";
import { initLayerNorm, type LayerNormParams } from "../layers/layerNorm.ts";
import type { Uniform } from "../layers/Uniform.ts";
import type { FrontConfig, StreamConfig, UnifiedConfig } from "./config.ts";

/** Weights of a front: `first` and `second` for a vector, `patch` and `dense` for an image. */
export type FrontParams<L> = { readonly [layer: string]: LinearParams<L> };

/** The two branches every encoder ends in. */
export type BranchParams<L> = {
  /** width → D, normalised by layer: the semantic branch z, which is quantised. */
  readonly semantic: LinearParams<L>;
  readonly semanticNorm: LayerNormParams<L>;
  /** width → specific, normalised by layer: what the modality knows beside. */
  readonly specific: LinearParams<L>;
  readonly specificNorm: LayerNormParams<L>;
};

/** Weights of one stream's encoder. */
export type StreamParams<L> = {
  readonly front: FrontParams<L>;
  /** [1, width] what stands for a missing row. */
  readonly missing: L;
  /** By position: "0", "1", … */
  readonly blocks: { readonly [position: string]: CausalBlockParams<L> };
  readonly branches: BranchParams<L>;
};

/** A fusion token's modality attention over the rows of the streams (IML-RS). */
export type ReaderParams<L> = {
  /** [1, width] the token before it has read anything. */
  readonly token: L;
  /** [streams, width] added to each stream's rows, so that the token knows whose they are. */
  readonly origins: L;
  readonly attention: AttentionParams<L>;
};

/** All weights that learn by gradient. */
export type UnifiedParams<L> = {
  readonly streams: { readonly [stream: string]: StreamParams<L> };
  readonly joint: {
    /** streams · (width + 1) → width where rows are read side by side; width → width after a fusion token. */
    readonly front: LinearParams<L>;
    /** The fusion token and how it reads; there only where `parts.fusion` says so. */
    readonly reader?: ReaderParams<L>;
    readonly blocks: { readonly [position: string]: CausalBlockParams<L> };
    readonly branches: BranchParams<L>;
  };
  /** [ẑ ; s] → classes, one head for every stream and the joint. */
  readonly head: LinearParams<L>;
  /** D → embedding, GMC's one projection head. */
  readonly projection: LinearParams<L>;
};

type Host = HostTensor<"float32">;

/** Fresh weights, a pure function of the configuration and the numbers drawn. */
export function initParams(config: UnifiedConfig, uniform: Uniform): UnifiedParams<Host> {
  const { width, codeDim, specific, classes, embedding } = config;
  const branches = (): BranchParams<Host> => ({
    semantic: initLinear(uniform, width, codeDim),
    semanticNorm: initLayerNorm(codeDim),
    specific: initLinear(uniform, width, specific),
    specificNorm: initLayerNorm(specific),
  });
  const blocks = (dilations: readonly number[]): { [position: string]: CausalBlockParams<Host> } =>
    Object.fromEntries(
      dilations.map((_, position) => [String(position), initCausalBlock(uniform, width)]),
    );
  const stream = ({ size, front, dilations }: StreamConfig): StreamParams<Host> => ({
    front: initFront(uniform, front, size, width),
    // Not zeros: layer norm multiplies the gradient at a zero row by 1/√ε, block after block.
    missing: initLinear(uniform, 1, width, 0.5).weight,
    blocks: blocks(dilations),
    branches: branches(),
  });
  return {
    streams: Object.fromEntries(config.streams.map((each) => [each.name, stream(each)])),
    joint: {
      ...(config.parts?.fusion?.kind === "tokens"
        ? {
            front: initLinear(uniform, width, width),
            reader: initReader(uniform, config.streams.length, width),
          }
        : { front: initLinear(uniform, config.streams.length * (width + 1), width) }),
      blocks: blocks(config.jointDilations),
      branches: branches(),
    },
    // Small, so that training starts from undecided answers.
    head: initLinear(uniform, codeDim + specific, classes.length, 0.3),
    projection: initLinear(uniform, codeDim, embedding),
  };
}

function initReader(uniform: Uniform, streams: number, width: number): ReaderParams<Host> {
  const square = (): Host => initLinear(uniform, width, width).weight;
  const ones = (): Host => hostTensor(new Float32Array(width).fill(1), [1, width]);
  return {
    token: initLinear(uniform, 1, width, 0.5).weight,
    origins: hostTensor(
      Float32Array.from({ length: streams * width }, () => uniform() - 0.5),
      [streams, width],
    ),
    attention: {
      norm: ones(),
      context: ones(),
      query: square(),
      key: square(),
      value: square(),
      out: square(),
    },
  };
}

function initFront(
  uniform: Uniform,
  front: FrontConfig,
  size: number,
  width: number,
): FrontParams<Host> {
  if (front.kind === "vector")
    return {
      first: initLinear(uniform, size, width, 1.4),
      second: initLinear(uniform, width, width),
    };
  const patches = (front.rows * front.columns) / front.patch ** 2;
  return {
    patch: initLinear(uniform, front.channels * front.patch ** 2, front.filters, 1.4),
    dense: initLinear(uniform, front.filters * patches, width),
  };
}
