import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { initLinear, type LinearParams } from "../layers/Linear.ts";
import { initLayerNorm, type LayerNormParams } from "../layers/layerNorm.ts";
import type { Uniform } from "../layers/Uniform.ts";
import type { AttentionParams } from "./attention.ts";
import {
  checkImlConfig,
  type ImlConfig,
  type ModalityConfig,
  patchSizeOf,
  positionsOf,
  targetSizeOf,
  tokensOf,
} from "./config.ts";
import { type FeedForwardParams, hiddenWidth } from "./feedForward.ts";

/** Weights that turn patches into tokens. */
export type AdapterParams<L> = {
  /** [classes, numbers]: of a class map or of tokens. */
  readonly embedding?: L;
  /** [patch, hidden] with its bias, where the adapter has a hidden layer. */
  readonly hidden?: LinearParams<L>;
  /** [patch or hidden, D]; absent where an id's embedding is the token. */
  readonly weight?: L;
  /** [T / N, D]: what tells modality and place within a position; the bias of the projection. */
  readonly place: L;
};

/** Weights of one encoder layer. */
export type LayerParams<L> = {
  /** Modality attention and the fusion token's own feed-forward; absent where it is off. */
  readonly fuse?: {
    readonly attention: AttentionParams<L>;
    readonly feedForward: FeedForwardParams<L>;
  };
  /** Shared by all modalities and the fusion tokens. */
  readonly attention: AttentionParams<L>;
  readonly feedForward: FeedForwardParams<L>;
};

/** Weights of the attention pooling into class tokens, shared by Z and f. */
export type PoolParams<L> = {
  /** [1, D] each: reads a modality's own tokens. */
  readonly own: { readonly [modality: string]: L };
  /** [1, D] each: reads the fusion tokens where the modality was visible. */
  readonly fused: { readonly [modality: string]: L };
  /** [1, D]: reads everything. */
  readonly global: L;
  readonly attention: Omit<AttentionParams<L>, "context">;
  /** [1, D] gain before the MLP. */
  readonly norm: L;
  readonly up: LinearParams<L>;
  readonly down: LinearParams<L>;
};

/** Weights of a standard transformer block, with biases. */
export type BlockParams<L> = {
  readonly attentionNorm: LayerNormParams<L>;
  readonly query: LinearParams<L>;
  readonly key: LinearParams<L>;
  readonly value: LinearParams<L>;
  readonly out: LinearParams<L>;
  readonly mlpNorm: LayerNormParams<L>;
  readonly up: LinearParams<L>;
  readonly down: LinearParams<L>;
};

/** Weights of one modality's decoder. */
export type DecoderParams<L> = {
  readonly enter: LinearParams<L>;
  /** [1, width] learned vector added to every row. */
  readonly task: L;
  readonly blocks: { readonly [position: string]: BlockParams<L> };
  readonly leave: LinearParams<L>;
};

/** All weights. */
export type ImlParams<L> = {
  readonly adapters: { readonly [modality: string]: AdapterParams<L> };
  /** [N or 1, D] learned fusion tokens, and what stands for a hidden token in modality attention. */
  readonly fusion: { readonly tokens: L; readonly hidden: L };
  /** By position: "0", "1", … */
  readonly layers: { readonly [position: string]: LayerParams<L> };
  /** [1, D] gain of the last norm. */
  readonly norm: L;
  readonly pool: PoolParams<L>;
  readonly decoders: { readonly [modality: string]: DecoderParams<L> };
  /** D → classes, reads the mean fusion token. */
  readonly head: LinearParams<L>;
};

type Host = HostTensor<"float32">;

/** Standard deviation of learned tokens and queries, cut at two of them (ViT's choice). */
const TOKEN_DEVIATION = 0.02;

/**
 * Fresh weights, a pure function of the configuration and the numbers drawn.
 *
 * The embedding of hidden tokens starts as noise like the fusion tokens, not at zero as in the paper:
 * a norm multiplies the gradient at a zero row by 1/√ε.
 *
 * @throws {ConfigError} If the configuration does not hold together.
 */
export function initImlParams(config: ImlConfig, uniform: Uniform): ImlParams<Host> {
  checkImlConfig(config);
  const { width, grid, modalities, layers, modalityAttention } = config;
  const learned = config.fusionTokens === "shared" ? 1 : positionsOf(grid);
  const byName = <T>(make: (modality: ModalityConfig) => T): { [name: string]: T } =>
    Object.fromEntries(modalities.map((modality) => [modality.name, make(modality)]));
  return {
    adapters: byName((modality) => initAdapter(config, modality, uniform)),
    fusion: {
      tokens: tokenRows(uniform, learned, width),
      hidden: tokenRows(uniform, learned, width),
    },
    layers: Object.fromEntries(
      Array.from({ length: layers }, (_, position) => [
        String(position),
        {
          ...(modalityAttention !== "off" && {
            fuse: {
              attention: initAttention(config, uniform, modalityAttention === "cross"),
              feedForward: initFeedForward(config, uniform),
            },
          }),
          attention: initAttention(config, uniform, false),
          feedForward: initFeedForward(config, uniform),
        },
      ]),
    ),
    norm: gains(1, width),
    pool: {
      own: byName(() => tokenRows(uniform, 1, width)),
      fused: byName(() => tokenRows(uniform, 1, width)),
      global: tokenRows(uniform, 1, width),
      attention: initAttention(config, uniform, false),
      norm: gains(1, width),
      up: initLinear(uniform, width, 4 * width, Math.SQRT2),
      down: initLinear(uniform, 4 * width, width),
    },
    decoders: byName((modality) => initDecoder(config, modality, uniform)),
    // Small, so that training starts from undecided answers.
    head: initLinear(uniform, width, config.classes, 0.3),
  };
}

function initAdapter(
  { width, grid }: ImlConfig,
  { adapter, hidden }: ModalityConfig,
  uniform: Uniform,
): AdapterParams<Host> {
  const place = tokenRows(uniform, tokensOf(adapter) / positionsOf(grid), width);
  if (adapter.kind === "tokens")
    return { embedding: tokenRows(uniform, adapter.vocabulary, width), place };
  const patch = patchSizeOf(adapter) * (adapter.kind === "classMap" ? adapter.embedding : 1);
  return {
    // Unit variance: a pixel's class is a one-hot row of this matrix.
    ...(adapter.kind === "classMap" && {
      embedding: hostTensor(
        initLinear(uniform, 1, adapter.classes * adapter.embedding).weight.data,
        [adapter.classes, adapter.embedding],
      ),
    }),
    ...(hidden !== undefined && { hidden: initLinear(uniform, patch, hidden, Math.SQRT2) }),
    weight: initLinear(uniform, hidden ?? patch, width).weight,
    place,
  };
}

function initAttention(
  { width, heads, headWidth, norms }: ImlConfig,
  uniform: Uniform,
  isCross: boolean,
) {
  const inner = heads * headWidth;
  return {
    norm: gains(norms, width),
    ...(isCross && { context: gains(norms, width) }),
    query: initLinear(uniform, width, inner).weight,
    key: initLinear(uniform, width, inner).weight,
    value: initLinear(uniform, width, inner).weight,
    out: initLinear(uniform, inner, width).weight,
  };
}

function initFeedForward({ width, norms }: ImlConfig, uniform: Uniform): FeedForwardParams<Host> {
  const hidden = hiddenWidth(width);
  return {
    norm: gains(norms, width),
    value: initLinear(uniform, width, hidden).weight,
    gate: initLinear(uniform, width, hidden).weight,
    out: initLinear(uniform, hidden, width).weight,
  };
}

function initDecoder(
  { width, decoder, grid }: ImlConfig,
  { adapter }: ModalityConfig,
  uniform: Uniform,
): DecoderParams<Host> {
  const perPosition = tokensOf(adapter) / positionsOf(grid);
  const block = (): BlockParams<Host> => ({
    attentionNorm: initLayerNorm(decoder.width),
    query: initLinear(uniform, decoder.width, decoder.width),
    key: initLinear(uniform, decoder.width, decoder.width),
    value: initLinear(uniform, decoder.width, decoder.width),
    out: initLinear(uniform, decoder.width, decoder.width),
    mlpNorm: initLayerNorm(decoder.width),
    up: initLinear(uniform, decoder.width, 4 * decoder.width, Math.SQRT2),
    down: initLinear(uniform, 4 * decoder.width, decoder.width),
  });
  return {
    enter: initLinear(uniform, width, decoder.width),
    task: tokenRows(uniform, 1, decoder.width),
    blocks: Object.fromEntries(
      Array.from({ length: decoder.layers }, (_, position) => [String(position), block()]),
    ),
    leave: initLinear(uniform, decoder.width, perPosition * targetSizeOf(adapter)),
  };
}

/** [norms, width] ones. */
function gains(norms: number, width: number): Host {
  return hostTensor(new Float32Array(norms * width).fill(1), [norms, width]);
}

/** [rows, width] normal numbers, cut at two deviations. */
function tokenRows(uniform: Uniform, rows: number, width: number): Host {
  const data = new Float32Array(rows * width);
  for (let i = 0; i < data.length; i++) {
    let normal = 3;
    while (Math.abs(normal) > 2)
      normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    data[i] = normal * TOKEN_DEVIATION;
  }
  return hostTensor(data, [rows, width]);
}
