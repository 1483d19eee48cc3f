import { ConfigError } from "../../errors.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";
import { layerNorm as normalizeRows } from "../../tensor/ops/layerNorm.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { initLinear, type LinearParams, linear } from "../layers/Linear.ts";
import type { Uniform } from "../layers/Uniform.ts";
import type { CmgClub } from "./config.ts";
import type { Gaussian } from "./losses/club.ts";

/** Four linear layers with ReLU between, by position. */
export type DeepParams<L> = { readonly [position: string]: LinearParams<L> };

/** Weights of one modality's approximation nets q(y|x). */
export type ClubNetParams<L> = {
  readonly mean: DeepParams<L>;
  readonly logVariance: DeepParams<L>;
};

const LAYERS = 4;

/** Fresh weights of the nets from D numbers to the specific branch's. */
export function initClubNet(
  uniform: Uniform,
  dim: number,
  specific: number,
  hidden: number,
): ClubNetParams<HostTensor<"float32">> {
  const deep = (): DeepParams<HostTensor<"float32">> =>
    Object.fromEntries(
      Array.from({ length: LAYERS }, (_, at) => [
        String(at),
        initLinear(
          uniform,
          at === 0 ? dim : hidden,
          at === LAYERS - 1 ? specific : hidden,
          at === LAYERS - 1 ? 1 : 1.4,
        ),
      ]),
    );
  return { mean: deep(), logVariance: deep() };
}

/**
 * q(y|x): mean and log-variance of the specific vector given the quantised semantic one.
 *
 * @param x [B, T, D]
 * @returns [B, T, specific] each; ln σ² bounded as configured. Where a clamp binds it has no gradient.
 */
export function clubNet(
  params: ClubNetParams<Tensor>,
  x: Tensor,
  { logVariance }: Pick<CmgClub, "logVariance">,
): Gaussian {
  const raw = deep(params.logVariance, x);
  return {
    mean: deep(params.mean, x),
    logVariance:
      logVariance === "tanh" ? tf.tanh(raw) : tf.clipByValue(raw, logVariance[0], logVariance[1]),
  };
}

/** Rows of mean 0 and variance 1, without weights: what CLUB sees of y with `normalize`. */
export function normalizeTarget(y: Tensor): Tensor {
  const width = y.shape.at(-1) ?? 0;
  return normalizeRows(y, { gain: tf.ones([width]), bias: tf.zeros([width]) });
}

function deep(params: DeepParams<Tensor>, x: Tensor): Tensor {
  let rows = x;
  for (let at = 0; at < LAYERS; at++) {
    const layer = params[at];
    if (layer === undefined) throw new ConfigError("clubNet", `expected weights of layer ${at}`);
    rows = linear(layer, at === 0 ? rows : tf.relu(rows));
  }
  return rows;
}
