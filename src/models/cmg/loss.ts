import { ConfigError } from "../../errors.ts";
import { stopGradient, straightThrough } from "../../tensor/gradients.ts";
import { type Scalar, type Tensor, tf } from "../../tensor/tf.ts";
import { nearestCode } from "../codebook/nearestCode.ts";
import type { TransformerMasks } from "../layers/TransformerLayer.ts";
import { clubNet, normalizeTarget } from "./clubNets.ts";
import type { CmgConfig, CmgModality } from "./config.ts";
import { clubLogLikelihood, clubSampled } from "./losses/club.ts";
import { cmcmLoss, softHistogram } from "./losses/cmcm.ts";
import { frameContrast } from "./losses/contrast.ts";
import { crossCpc } from "./losses/crossCpc.ts";
import {
  type ClubParams,
  type CmgParams,
  decodeModality,
  type Encoded,
  encodeModality,
  expectWeights,
  predictFuture,
} from "./network.ts";

/** Earlier targets of one modality, negatives of the predictions to come. */
export type CpcQueue<L> = {
  readonly [modality: string]: {
    /** [Q, D] */
    readonly rows: L;
    /** [Q] 1 where there is one yet. */
    readonly filled: L;
  };
};

/** Random numbers and groups of one step; all are inputs, so that a step is a pure function. */
export type CmgNoise<L, I = L> = {
  /** [B] int32: whose specific vectors are CLUB's negatives. With CLUB only. */
  readonly permutation?: I;
  /** [T − K − firstStart] weights of the contexts' ends. With CPC only. */
  readonly starts?: L;
  /** [B] int32 group of each clip. With CPC's guard only. */
  readonly groups?: I;
};

/** Dropout factors by modality and layer. */
export type CmgMasks<L> = {
  readonly [modality: string]: { readonly [position: string]: TransformerMasks<L> };
};

/** One modality's clip behind its encoders. */
export interface CmgEncoded extends Encoded {
  readonly modality: CmgModality;
}

/** The same with its codes, all by the codebook before the batch. */
export interface CmgForward extends CmgEncoded {
  /** [B T] int32 */
  readonly index: Tensor;
  /** [B T, D] e_l without gradient. */
  readonly code: Tensor;
  /** [B, T, D] value e_l, gradient to z. */
  readonly quantized: Tensor;
}

/** Runs both encoders of every modality over a batch. */
export function cmgEncode(
  params: CmgParams<Tensor>,
  x: { readonly [modality: string]: Tensor },
  config: CmgConfig,
  masks?: CmgMasks<Tensor>,
): readonly CmgEncoded[] {
  return config.modalities.map((modality) => ({
    ...encodeModality(params, modality, expectWeights(x, modality.name), masks?.[modality.name]),
    modality,
  }));
}

/** Quantises what the encoders gave: the nearest code of every frame, found without gradient. */
export function cmgQuantize(encoded: readonly CmgEncoded[], codes: Tensor): readonly CmgForward[] {
  return encoded.map((each) => {
    const [B = 0, T = 0, D = 0] = each.z.shape;
    const flat = tf.reshape(stopGradient(each.z), [B * T, D]);
    const index = tf.cast(nearestCode(flat, codes), "int32");
    const code = tf.gather(codes, index as never) as Tensor; // [B T, D]
    const quantized = straightThrough(each.z, tf.reshape(code, [B, T, D]));
    return { ...each, index, code, quantized };
  });
}

/** What CLUB sees of one modality: condition x and target y. */
export function clubView(
  { quantized, specific }: CmgForward,
  normalize: boolean,
): { readonly x: Tensor; readonly y: Tensor } {
  return { x: quantized, y: normalize ? normalizeTarget(specific) : specific };
}

/**
 * Loss of the approximation nets: −Σ_m LL_m on features without gradient.
 *
 * @param nets Weights of all modalities' nets, which get the gradient.
 */
export function clubFitLoss(
  nets: ClubParams<Tensor>,
  forward: readonly CmgForward[],
  club: NonNullable<CmgConfig["club"]>,
): Scalar {
  const terms = forward.map((each) => {
    const { x, y } = clubView(each, club.normalize);
    const q = clubNet(expectWeights(nets, each.modality.name), stopGradient(x), club);
    return clubLogLikelihood(q, stopGradient(y));
  });
  return tf.neg(sum(terms)) as Scalar;
}

/** What the main loss takes besides the forward pass. */
export interface CmgLossInputs {
  readonly codes: Tensor;
  readonly noise: CmgNoise<Tensor>;
  readonly queue?: CpcQueue<Tensor>;
  /** Approximation nets, fixed here, and the weight of the bound at this step. */
  readonly club?: { readonly nets: ClubParams<Tensor>; readonly weight: Tensor };
}

/** The loss of a batch and its parts. */
export interface CmgLoss {
  readonly loss: Scalar;
  /** [] each, before weighting: reconstruction, commitment, cpc, club, cmcm, contrast. */
  readonly parts: { readonly [name: string]: Tensor };
}

/**
 * CMG's loss, by the codebook before the batch.
 *
 *     L = Σ_m MSE(x̂_m, x_m) + Σ_m commit_m + w_club Σ_m I_m + L_cpc + w_cmcm Σ_{a<b} L_cmcm(a, b)
 *         + w_contrast Σ_{a<b} InfoNCE(a, b)
 *     commit_m = own · MSE(z_m, e_m) + cross / (M − 1) Σ_{n≠m} MSE(z_m, e_n)
 *
 * The codes have no gradient and the approximation nets get none.
 *
 * Xia et al. 2023 (CMG), sec. 3; the last term is ours.
 */
export function cmgLoss(
  params: CmgParams<Tensor>,
  forward: readonly CmgForward[],
  { codes, noise, queue, club }: CmgLossInputs,
  config: CmgConfig,
): CmgLoss {
  const parts: Record<string, Tensor> = {};
  const terms: Tensor[] = [];
  const add = (name: string, value: Tensor, weight: Tensor | number = 1): void => {
    parts[name] = value;
    terms.push(weight === 1 ? value : tf.mul(value, weight));
  };

  add(
    "reconstruction",
    sum(
      forward.map((each) =>
        meanSquare(decodeModality(params, each.modality, each.quantized, each), each.target),
      ),
    ),
  );
  add("commitment", sum(forward.map((each) => commitmentOf(each, forward, config.commitment))));

  if (config.club !== undefined && club !== undefined) {
    const { normalize, timeForm } = config.club;
    const permutation = expectNoise("permutation", noise.permutation);
    const bound = forward.map((each) => {
      const { x, y } = clubView(each, normalize);
      const q = clubNet(
        expectWeights(club.nets, each.modality.name),
        x,
        config.club ?? {
          logVariance: "tanh",
        },
      );
      return clubSampled(q, y, tf.gather(y, permutation as never), timeForm);
    });
    add("club", sum(bound), club.weight);
  }
  if (config.cpc !== undefined) {
    const { guard } = config.cpc;
    const sides = forward.map(({ modality: { name }, z }) => ({
      name,
      z,
      predictions: predictFuture(expectWeights(params.cpc ?? {}, name), z),
      ...(queue?.[name] !== undefined && { queue: queue[name] }),
    }));
    const blocked = guard ? sameGroup(expectNoise("groups", noise.groups)) : undefined;
    const { loss, cross } = crossCpc(
      sides,
      expectNoise("starts", noise.starts),
      config.cpc,
      blocked,
    );
    parts["cpc"] = cross;
    terms.push(loss);
  }
  const pairs = forward.flatMap((a, at) => forward.slice(at + 1).map((b) => [a, b] as const));
  if (config.cmcm !== undefined) {
    const histograms = new Map(forward.map((each) => [each, softHistogram(each.z, codes)]));
    const { weight, pairForm } = config.cmcm;
    const losses = pairs.map(([a, b]) => {
      const [left, right] = [histograms.get(a), histograms.get(b)];
      if (left === undefined || right === undefined)
        throw new ConfigError("cmgLoss", "expected a histogram per modality");
      return cmcmLoss(left, right, { pairForm });
    });
    add("cmcm", sum(losses), weight);
  }
  if (config.contrast !== undefined) {
    const { weight, temperature } = config.contrast;
    add("contrast", sum(pairs.map(([a, b]) => frameContrast(a.z, b.z, temperature))), weight);
  }
  return { loss: sum(terms) as Scalar, parts };
}

function commitmentOf(
  own: CmgForward,
  all: readonly CmgForward[],
  weights: CmgConfig["commitment"],
): Tensor {
  const [B = 0, T = 0, D = 0] = own.z.shape;
  const z = tf.reshape(own.z, [B * T, D]);
  const others = all.filter((each) => each !== own);
  const pull = tf.mul(meanSquare(z, own.code), weights.own);
  if (weights.cross === 0) return pull;
  const across = sum(others.map(({ code }) => meanSquare(z, code)));
  return tf.add(pull, tf.mul(across, weights.cross / others.length));
}

/** [B, B] 1 where two different clips are of one group. */
function sameGroup(groups: Tensor): Tensor {
  const [B = 0] = groups.shape;
  const same = tf.cast(tf.equal(tf.expandDims(groups, 0), tf.expandDims(groups, 1)), "float32");
  return tf.mul(same, tf.sub(1, tf.eye(B)));
}

function meanSquare(a: Tensor, b: Tensor): Tensor {
  return tf.mean(tf.squaredDifference(a, b));
}

function expectNoise(name: string, value: Tensor | undefined): Tensor {
  if (value === undefined)
    throw new ConfigError("cmgLoss", `expected noise.${name} for this configuration`);
  return value;
}

function sum(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((total, tensor) => tf.add(total, tensor));
}
