import { defineProgram } from "../../tensor/defineProgram.ts";
import { valueAndGradients } from "../../tensor/gradients.ts";
import { type HostTree, specsOf } from "../../tensor/HostTensor.ts";
import { adam } from "../../tensor/optimizers/adamW.ts";
import { clipByGlobalNorm } from "../../tensor/optimizers/clipByGlobalNorm.ts";
import type { StateTensors } from "../../tensor/optimizers/Optimizer.ts";
import { float32, type SpecTree, type TensorTree } from "../../tensor/TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "../../tensor/tf.ts";
import type { CodebookState } from "../codebook/CodebookState.ts";
import type { CmgClub, CmgConfig } from "./config.ts";
import {
  type CmgForward,
  type CmgNoise,
  type CpcQueue,
  clubFitLoss,
  cmgEncode,
  cmgLoss,
  cmgQuantize,
} from "./loss.ts";
import { moveCodebook, type ResetNoise, seedCodebook } from "./moveCodebook.ts";
import type { ClubParams, CmgParams } from "./network.ts";
import { maskFactors, noiseSpecs } from "./noise.ts";

/** State of a training run inside the program. */
interface State {
  readonly params: CmgParams<Tensor>;
  readonly adam: StateTensors<"m" | "v", TensorTree>;
  readonly codebook: CodebookState<Tensor>;
  readonly club?: {
    readonly nets: ClubParams<Tensor>;
    readonly adam: StateTensors<"m" | "v", TensorTree>;
  };
  readonly queue?: CpcQueue<Tensor>;
}

interface Inputs {
  readonly state: State;
  readonly x: { readonly [modality: string]: Tensor };
  readonly noise: {
    readonly reset: ResetNoise<Tensor>;
    readonly masks?: unknown;
    readonly loss?: CmgNoise<Tensor>;
  };
  readonly learningRate: Scalar;
  readonly clubWeight: Scalar;
}

/** Specs of one batch: [B, T, size], or [B, T, side, side, channels]. */
export function batchSpecs({ modalities, batch, frames }: CmgConfig): SpecTree {
  return Object.fromEntries(
    modalities.map(({ name, input }) => [
      name,
      float32(
        input.kind === "map"
          ? [batch, frames, input.side, input.side, input.channels]
          : [batch, frames, input.size],
      ),
    ]),
  );
}

/**
 * One training step as a program.
 *
 * In the order of the released code: encode and quantise by the old codebook; fit the approximation nets
 * on those features (5 steps of Adam); the main loss with the fitted nets fixed, one step of Adam; then
 * moving averages and resets. The batch is encoded once.
 *
 * @param state Where it starts, for names and shapes.
 */
export function cmgTrainingProgram(config: CmgConfig, state: HostTree) {
  const optimizer = adam();
  return defineProgram({
    name: "train-cmg",
    inputs: {
      state: specsOf(state) as SpecTree,
      x: batchSpecs(config),
      noise: noiseSpecs(config),
      learningRate: float32([]),
      clubWeight: float32([]),
    },
    body: (feeds) => {
      // The trees were built from the configuration: their types are wider than what they hold.
      const { state, x, noise, learningRate, clubWeight } = feeds as unknown as Inputs;
      const masks = noise.masks === undefined ? undefined : maskFactors(noise.masks, config);

      const { value, gradients, aux } = valueAndGradients({ ...state.params }, (weights) => {
        const params = weights as CmgParams<Tensor>;
        const encoded = cmgEncode(params, x, config, masks);
        const before =
          config.codebook.init === "data"
            ? seedCodebook(
                state.codebook,
                encoded.map(({ z }) => z),
                noise.reset.rows,
              )
            : state.codebook;
        const forward = cmgQuantize(encoded, before.codes);
        const fitted =
          state.club && config.club ? fitNets(state.club, forward, config.club) : undefined;
        const { loss, parts } = cmgLoss(
          params,
          forward,
          {
            codes: before.codes,
            noise: noise.loss ?? {},
            ...(state.queue !== undefined && { queue: state.queue }),
            ...(fitted !== undefined && { club: { nets: fitted.nets, weight: clubWeight } }),
          },
          config,
        );
        return {
          loss,
          aux: {
            parts: { ...parts, ...(fitted && { clubFit: fitted.loss }) },
            ...(fitted && { club: { nets: fitted.nets, adam: fitted.adam } }),
            codebook: { ...before },
            z: Object.fromEntries(forward.map(({ modality, z }) => [modality.name, z])),
            index: Object.fromEntries(forward.map(({ modality, index }) => [modality.name, index])),
          } as TensorTree,
        };
      });
      const { parts, club, codebook, z, index } = aux as unknown as {
        codebook: CodebookState<Tensor>;
        parts: { [name: string]: Tensor };
        club?: TensorTree;
        z: { [modality: string]: Tensor };
        index: { [modality: string]: Tensor };
      };
      const next = optimizer.update(
        { ...state.params } as TensorTree,
        clipModules(gradients as TensorTree, config.train.clipPerModule),
        state.adam,
        { learningRate },
      );
      const moved = moveCodebook(
        codebook,
        Object.values(z),
        Object.values(index),
        noise.reset,
        config.codebook,
      );
      return {
        state: {
          params: next.params,
          adam: { ...next.state },
          codebook: { ...moved },
          ...(club !== undefined && { club }),
          ...(state.queue !== undefined && { queue: nextQueue(state.queue, z) }),
        },
        metrics: { loss: value, ...parts, ...codeMetrics(Object.values(index), config) },
      };
    },
  });
}

/** The approximation nets after this batch's steps, with the loss before the last of them. */
function fitNets(
  state: NonNullable<State["club"]>,
  forward: readonly CmgForward[],
  club: CmgClub,
): { nets: ClubParams<Tensor>; adam: TensorTree; loss: Tensor } {
  const optimizer = adam();
  let nets: TensorTree = { ...state.nets };
  let moments = state.adam;
  let loss: Tensor = tf.scalar(0);
  for (let step = 0; step < club.innerSteps; step++) {
    const { value, gradients } = valueAndGradients(nets, (weights) =>
      clubFitLoss(weights as unknown as ClubParams<Tensor>, forward, club),
    );
    const next = optimizer.update(nets, clipModules(gradients, CLUB_CLIP), moments, {
      learningRate: tf.scalar(club.rate),
    });
    nets = next.params;
    moments = next.state;
    loss = value;
  }
  return { nets: nets as unknown as ClubParams<Tensor>, adam: { ...moments }, loss };
}

/** Largest gradient norm of one modality's approximation nets, as released. */
const CLUB_CLIP = 0.5;

/** Clips every first branch of a tree apart. */
function clipModules(gradients: TensorTree, max: number | undefined): TensorTree {
  if (max === undefined) return gradients;
  return Object.fromEntries(
    Object.entries(gradients).map(([module, tree]) => [
      module,
      clipByGlobalNorm(tree as TensorTree, max).gradients,
    ]),
  );
}

/** The last frame of every clip joins the queue; the oldest leave. */
function nextQueue(queue: CpcQueue<Tensor>, z: { [modality: string]: Tensor }): TensorTree {
  return Object.fromEntries(
    Object.entries(queue).map(([name, { rows, filled }]) => {
      const fresh = z[name] ?? rows;
      const [B = 0, T = 0, D = 0] = fresh.shape;
      const [Q = 0] = filled.shape;
      const last = tf.reshape(tf.slice(fresh, [0, T - 1, 0], [B, 1, D]), [B, D]);
      return [
        name,
        {
          rows: tf.slice(tf.concat([last, rows], 0), [0, 0], [Q, D]),
          filled: tf.slice(tf.concat([tf.ones([B]), filled], 0), [0], [Q]),
        },
      ];
    }),
  );
}

/**
 * agreement: share of frames at which two modalities fall on one code, over all pairs; perplexity: e^H of
 * the codes of the batch, all modalities together.
 */
function codeMetrics(index: readonly Tensor[], { codebook: { size } }: CmgConfig): TensorTree {
  const agreements = index.flatMap((a, at) =>
    index.slice(at + 1).map((b) => tf.mean(tf.cast(tf.equal(a, b), "float32"))),
  );
  const hits = tf.sum(tf.oneHot(tf.concat([...index], 0) as never, size, 1, 0, "float32"), 0); // [L]
  const shares = tf.div(hits, tf.sum(hits));
  const entropy = tf.neg(tf.sum(tf.mul(shares, tf.log(tf.add(shares, 1e-10)))));
  return {
    agreement: tf.mean(tf.stack(agreements)),
    perplexity: tf.exp(entropy),
  };
}
