import { ConfigError, ShapeError } from "../../errors.ts";
import { stopGradient } from "../../tensor/gradients.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";
import type { Rng } from "../../tensor/Rng.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { checkDecurConfig, type DecurConfig, featureSize } from "./config.ts";
import { decurLoss, type EmbeddedViews } from "./loss.ts";
import { type EncoderParams, encode, initEncoder } from "./network.ts";
import { initOnlineMemory, type OnlineMemory, onlineDecurLoss } from "./onlineLoss.ts";
import {
  initProjector,
  initProjectorStatistics,
  type ProjectorParams,
  type ProjectorStatistics,
  project,
  projectWith,
} from "./projector.ts";

type Host = HostTensor<"float32">;

/** Everything that learns by gradient. */
export type DecurParams<L> = {
  readonly encoders: { readonly [modality: string]: EncoderParams<L> };
  /** One per modality, or a single one called `shared`. */
  readonly projectors: { readonly [modality: string]: ProjectorParams<L> };
};

/** What is carried from step to step without a gradient. */
export type DecurState<L> = {
  /** Running statistics of each modality's projector. */
  readonly running: { readonly [modality: string]: ProjectorStatistics<L> };
  /** Of the online loss; only with one. */
  readonly memory?: OnlineMemory<L>;
};

/** Two augmented views of every modality of B moments; the views are drawn independently. */
export type DecurBatch<L> = {
  readonly [modality: string]: {
    /** [B, ...] */
    readonly first: L;
    readonly second: L;
    /** [B] 1 where the moment has this modality; all unless given. */
    readonly present?: L;
  };
};

/** What a step lowers, tells and carries on. */
export interface DecurStep {
  readonly loss: Tensor;
  readonly metrics: Readonly<Record<string, Tensor>>;
  readonly extra: DecurState<Tensor>;
}

const SHARED = "shared";
/** Share of a batch in the running statistics. */
const MOMENTUM = 0.1;

/** Fresh weights: a function of the configuration and the generator. @throws {ConfigError} As `checkDecurConfig`. */
export function initDecur(config: DecurConfig, rng: Rng): DecurParams<Host> {
  checkDecurConfig(config);
  const { modalities, projector } = config;
  const uniform = rng.fork("projector");
  const projectorOf = (features: number): ProjectorParams<Host> =>
    initProjector(() => uniform.uniform(), features, projector);
  const sizes = modalities.map(({ name, encoder }) => [name, featureSize(encoder)] as const);
  return {
    encoders: Object.fromEntries(
      modalities.map(({ name, encoder }) => [name, initEncoder(rng.fork(name), encoder)]),
    ),
    projectors: projector.isShared
      ? { [SHARED]: projectorOf(sizes[0]?.[1] ?? 0) }
      : Object.fromEntries(sizes.map(([name, size]) => [name, projectorOf(size)])),
  };
}

/** The state before the first step. */
export function initDecurState(config: DecurConfig, params: DecurParams<Host>): DecurState<Host> {
  const names = config.modalities.map(({ name }) => name);
  const statistics = (name: string): ProjectorStatistics<Host> => {
    const projector = params.projectors[config.projector.isShared ? SHARED : name];
    if (projector === undefined) throw missing(name);
    return initProjectorStatistics(projector);
  };
  return {
    running: Object.fromEntries(names.map((name) => [name, statistics(name)])),
    ...(config.online !== undefined && {
      memory: initOnlineMemory(names, config.projector.dimensions, config.loss),
    }),
  };
}

/**
 * The features f of one modality, which is what one keeps after pretraining.
 *
 * @param x [B, ...]
 * @returns [B, d]
 */
export function encodeModality(
  config: DecurConfig,
  params: DecurParams<Tensor>,
  name: string,
  x: Tensor,
): Tensor {
  const modality = config.modalities.find((each) => each.name === name);
  const own = params.encoders[name];
  if (modality === undefined || own === undefined) throw missing(name);
  return encode(own, modality.encoder, x);
}

/**
 * The embedding of one modality's features, row by row: dimensions below K_c are common.
 *
 * @param features [B, d]
 * @returns [B, K] of mean 0 and variance 1 over the training data.
 */
export function embedFeatures(
  config: DecurConfig,
  params: DecurParams<Tensor>,
  state: DecurState<Tensor>,
  name: string,
  features: Tensor,
): Tensor {
  const statistics = state.running[name];
  if (statistics === undefined) throw missing(name);
  return projectWith(projectorOf(config, params, name), statistics, features);
}

/** The embeddings of both views of every modality, with the statistics they were made with. */
export interface EmbeddedBatch {
  readonly views: readonly EmbeddedViews[];
  /** The running statistics after this batch. */
  readonly running: DecurState<Tensor>["running"];
}

/** Encodes and projects a batch of views, each view by the statistics of its own batch. */
export function embedBatch(
  config: DecurConfig,
  params: DecurParams<Tensor>,
  batch: DecurBatch<Tensor>,
  state: DecurState<Tensor>,
): EmbeddedBatch {
  const running: Record<string, ProjectorStatistics<Tensor>> = {};
  const views = config.modalities.map(({ name }) => {
    const own = batch[name];
    const past = state.running[name];
    if (own === undefined || past === undefined) throw missing(name);
    const { first, second, present } = own;
    const [B = 0] = first.shape;
    if (second.shape.join() !== first.shape.join())
      throw new ShapeError(
        "decur",
        `expected two views of one shape, got [${first.shape}] and [${second.shape}]`,
      );
    const features = encodeModality(config, params, name, tf.concat([first, second], 0)); // [2B, d]
    const d = features.shape[1] ?? 0;
    const projected = [0, 1].map((view) =>
      project(
        projectorOf(config, params, name),
        tf.slice(features, [view * B, 0], [B, d]),
        present,
      ),
    );
    running[name] = projected.reduce(
      (statistics, { statistics: fresh }) => blend(statistics, fresh, present),
      past,
    );
    const [a, b] = projected.map(({ z }) => z) as [Tensor, Tensor];
    return { name, first: a, second: b, ...(present !== undefined && { present }) };
  });
  return { views, running };
}

/**
 * One step's loss: encode and project two views of every modality, then `decurLoss`, or its online
 * form where the configuration has one.
 *
 * @returns `metrics` are the unweighted terms, and `drift` of the online form.
 */
export function decurStep(
  config: DecurConfig,
  params: DecurParams<Tensor>,
  batch: DecurBatch<Tensor>,
  state: DecurState<Tensor>,
): DecurStep {
  const { views, running } = embedBatch(config, params, batch, state);
  if (config.online === undefined) {
    const { loss, terms } = decurLoss(views, config.loss);
    return { loss, metrics: terms, extra: { running } };
  }
  const { loss, terms, memory, drift } = onlineDecurLoss(views, state.memory ?? {}, {
    ...config.loss,
    ...config.online,
  });
  return { loss, metrics: { ...terms, drift }, extra: { running, memory } };
}

function projectorOf(
  { projector }: DecurConfig,
  params: DecurParams<Tensor>,
  name: string,
): ProjectorParams<Tensor> {
  const found = params.projectors[projector.isShared ? SHARED : name];
  if (found === undefined) throw missing(name);
  return found;
}

/** A batch without two rows has no statistics and leaves the running ones alone. */
function blend(
  past: ProjectorStatistics<Tensor>,
  fresh: ProjectorStatistics<Tensor>,
  present: Tensor | undefined,
): ProjectorStatistics<Tensor> {
  const isEnough =
    present === undefined ? tf.scalar(1) : tf.cast(tf.greaterEqual(tf.sum(present), 2), "float32");
  const share = tf.mul(isEnough, MOMENTUM); // []
  const mix = (old: Tensor, batch: Tensor | undefined): Tensor =>
    batch === undefined
      ? old
      : stopGradient(tf.add(old, tf.mul(tf.sub(batch, old), share)) as Tensor);
  return Object.fromEntries(
    Object.entries(past).map(([layer, { mean, variance }]) => [
      layer,
      { mean: mix(mean, fresh[layer]?.mean), variance: mix(variance, fresh[layer]?.variance) },
    ]),
  );
}

function missing(name: string): ConfigError {
  return new ConfigError("decur", `expected a batch, weights and state of ${name}`);
}
