import { ConfigError } from "../../errors.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { initLinear, type LinearParams, linear } from "../layers/Linear.ts";
import { initLstm, type LstmParams, lstm } from "../layers/Lstm.ts";
import type { TransformerMasks } from "../layers/TransformerLayer.ts";
import type { Uniform } from "../layers/Uniform.ts";
import { type ClubNetParams, initClubNet } from "./clubNets.ts";
import type { CmgConfig, CmgModality } from "./config.ts";
import {
  decodeMap,
  initMapDecoder,
  initMapSpecific,
  initPool,
  type MapDecoderParams,
  type MapSpecificParams,
  type PoolParams,
  poolMap,
  specificMap,
} from "./mapBranch.ts";
import { encodeSemantic, initSemantic, type SemanticParams } from "./semanticEncoder.ts";

/** Weights of one modality's two encoders. */
export type EncoderParams<L> = {
  /** Maps only. */
  readonly pool?: PoolParams<L>;
  readonly semantic: SemanticParams<L>;
  /** Vectors: one linear layer; maps: convolutions. */
  readonly specific?: LinearParams<L>;
  readonly specificMap?: MapSpecificParams<L>;
};

/** Weights of one modality's decoder. */
export type DecoderParams<L> = {
  readonly code?: LinearParams<L>;
  readonly out?: LinearParams<L>;
  readonly map?: MapDecoderParams<L>;
};

/** Weights of one modality's context network and predictors, by position and by step. */
export type CpcParams<L> = {
  readonly layers: { readonly [position: string]: LstmParams<L> };
  readonly predict: { readonly [step: string]: LinearParams<L> };
};

/** Weights of a two-layer bidirectional LSTM, by layer. */
export type RecurrentParams<L> = {
  readonly [position: string]: {
    readonly forward: LstmParams<L>;
    readonly backward: LstmParams<L>;
  };
};

/** All weights that the main loss teaches, by module and then modality. */
export type CmgParams<L> = {
  readonly encoders: { readonly [modality: string]: EncoderParams<L> };
  readonly decoders: { readonly [modality: string]: DecoderParams<L> };
  readonly cpc?: { readonly [modality: string]: CpcParams<L> };
  readonly recurrent?: { readonly [modality: string]: RecurrentParams<L> };
};

/** Weights of the approximation nets, which have a loss and an optimiser of their own. */
export type ClubParams<L> = { readonly [modality: string]: ClubNetParams<L> };

type Host = HostTensor<"float32">;

const RECURRENT_LAYERS = 2;

/** Numbers per frame that a vector modality's encoders see. */
export function encoderInputs({ input }: CmgModality): number {
  if (input.kind === "map") return input.channels;
  return input.recurrent === undefined ? input.size : 2 * input.recurrent;
}

/** Fresh weights, a pure function of the configuration and the numbers drawn. */
export function initCmgParams(config: CmgConfig, uniform: Uniform): CmgParams<Host> {
  const { dim } = config.codebook;
  const each = <T>(make: (modality: CmgModality) => T): { [name: string]: T } =>
    Object.fromEntries(config.modalities.map((modality) => [modality.name, make(modality)]));
  const { cpc } = config;
  const encoders = each((modality): EncoderParams<Host> => {
    const { input, encoder, specific } = modality;
    const inputs = encoderInputs(modality);
    const semantic = initSemantic(uniform, encoder, inputs, dim);
    return input.kind === "map"
      ? {
          pool: initPool(uniform, input),
          semantic,
          specificMap: initMapSpecific(uniform, input, specific),
        }
      : { semantic, specific: initLinear(uniform, inputs, specific, 1.4) };
  });
  const decoders = each((modality): DecoderParams<Host> => {
    const { input, specific } = modality;
    return input.kind === "map"
      ? { map: initMapDecoder(uniform, input, dim) }
      : {
          code: initLinear(uniform, dim, dim),
          out: initLinear(uniform, dim + specific, encoderInputs(modality)),
        };
  });
  const recurrent = Object.fromEntries(
    config.modalities.flatMap(({ name, input }) =>
      input.kind === "vector" && input.recurrent !== undefined
        ? [[name, initRecurrent(uniform, input.size, input.recurrent)]]
        : [],
    ),
  );
  return {
    encoders,
    decoders,
    ...(cpc !== undefined && {
      cpc: each(() => ({
        layers: Object.fromEntries(
          Array.from({ length: cpc.layers }, (_, at) => [
            String(at),
            initLstm(uniform, at === 0 ? dim : cpc.hidden, cpc.hidden),
          ]),
        ),
        predict: Object.fromEntries(
          Array.from({ length: cpc.steps }, (_, k) => [
            String(k + 1),
            initLinear(uniform, cpc.hidden, dim),
          ]),
        ),
      })),
    }),
    ...(Object.keys(recurrent).length > 0 && { recurrent }),
  };
}

/** Fresh approximation nets; nothing where the configuration has no CLUB. */
export function initClubParams(config: CmgConfig, uniform: Uniform): ClubParams<Host> | undefined {
  const { club } = config;
  if (club === undefined) return undefined;
  return Object.fromEntries(
    config.modalities.map(({ name, specific }) => [
      name,
      initClubNet(uniform, config.codebook.dim, specific, club.hidden),
    ]),
  );
}

function initRecurrent(uniform: Uniform, inputs: number, hidden: number): RecurrentParams<Host> {
  return Object.fromEntries(
    Array.from({ length: RECURRENT_LAYERS }, (_, at) => {
      const from = at === 0 ? inputs : 2 * hidden;
      return [
        String(at),
        { forward: initLstm(uniform, from, hidden), backward: initLstm(uniform, from, hidden) },
      ];
    }),
  );
}

/** Two directions over the clip, layer on layer: [B, T, in] → [B, T, 2 · hidden]. */
export function bidirectional(params: RecurrentParams<Tensor>, x: Tensor): Tensor {
  let rows = x;
  for (const { forward, backward } of Object.values(params))
    rows = tf.concat([lstm(forward, rows), lstm(backward, rows, { reverse: true })], 2);
  return rows;
}

/** One modality's clip behind its encoders. */
export interface Encoded {
  /** [B, T, D] */
  readonly z: Tensor;
  /** [B, T, specific] z̄: what the modality knows beside, as CLUB sees it. */
  readonly specific: Tensor;
  /** [B T, s, s, far], maps only: z̄ as the decoder sees it. */
  readonly specificMap?: Tensor;
  /** What the decoder should give back, shaped as it gives it. */
  readonly target: Tensor;
}

/**
 * Both encoders of one modality.
 *
 * @param x [B, T, size], or [B, T, side, side, channels].
 * @param masks Dropout factors, in training.
 */
export function encodeModality(
  params: CmgParams<Tensor>,
  modality: CmgModality,
  x: Tensor,
  masks?: { readonly [position: string]: TransformerMasks<Tensor> },
): Encoded {
  const weights = expectWeights(params.encoders, modality.name);
  const options = masks === undefined ? {} : { masks };
  const [B = 0, T = 0] = x.shape;
  if (modality.input.kind === "map") {
    const { side, channels } = modality.input;
    const maps = tf.reshape(x, [B * T, side, side, channels]);
    if (weights.pool === undefined || weights.specificMap === undefined)
      throw new ConfigError("encodeModality", `expected weights of a map for ${modality.name}`);
    const pooled = tf.reshape(poolMap(weights.pool, maps, modality.input), [B, T, channels]);
    const { map, vector } = specificMap(weights.specificMap, maps);
    return {
      z: encodeSemantic(weights.semantic, modality.encoder, pooled, options).z,
      specific: tf.reshape(vector, [B, T, modality.specific]),
      specificMap: map,
      target: maps,
    };
  }
  const recurrent = params.recurrent?.[modality.name];
  const rows = recurrent === undefined ? x : bidirectional(recurrent, x);
  if (weights.specific === undefined)
    throw new ConfigError("encodeModality", `expected weights of vectors for ${modality.name}`);
  return {
    z: encodeSemantic(weights.semantic, modality.encoder, rows, options).z,
    specific: tf.relu(linear(weights.specific, rows)),
    target: rows,
  };
}

/**
 * The input again, from the quantised meaning and the specific rest.
 *
 * @param quantized [B, T, D]
 * @returns Shaped like `encoded.target`.
 */
export function decodeModality(
  params: CmgParams<Tensor>,
  modality: CmgModality,
  quantized: Tensor,
  { specific, specificMap: map }: Encoded,
): Tensor {
  const { code, out, map: weights } = expectWeights(params.decoders, modality.name);
  if (weights !== undefined && map !== undefined) {
    const [B = 0, T = 0, D = 0] = quantized.shape;
    return decodeMap(weights, tf.reshape(quantized, [B * T, D]), map);
  }
  if (code === undefined || out === undefined)
    throw new ConfigError("decodeModality", `expected weights of a decoder for ${modality.name}`);
  return linear(out, tf.concat([linear(code, quantized), specific], 2));
}

/** Predictions of z(t + k), k = 1 … K, from the frames up to t: [B, T, D] each. */
export function predictFuture(params: CpcParams<Tensor>, z: Tensor): readonly Tensor[] {
  let context = z;
  for (const layer of Object.values(params.layers)) context = lstm(layer, context);
  return Object.values(params.predict).map((weights) => linear(weights, context));
}

/** @throws {ConfigError} If a module has no weights for the modality. */
export function expectWeights<T>(module: { readonly [modality: string]: T }, name: string): T {
  const weights = module[name];
  if (weights === undefined)
    throw new ConfigError("Cmg", `expected weights of ${name}, got ${Object.keys(module).join()}`);
  return weights;
}
