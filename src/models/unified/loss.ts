import { ConfigError } from "../../errors.ts";
import { stopGradient, straightThrough } from "../../tensor/gradients.ts";
import { type Scalar, type Tensor, tf } from "../../tensor/tf.ts";
import type { CodebookState } from "../codebook/CodebookState.ts";
import { commitment } from "../codebook/commitment.ts";
import { nearestCode } from "../codebook/nearestCode.ts";
import { reseedDeadCodes } from "../codebook/reseedDeadCodes.ts";
import { type Assigned, updateCodebook } from "../codebook/updateCodebook.ts";
import { gmcLoss } from "../gmc/loss.ts";
import type { LinearParams } from "../layers/Linear.ts";
import { crossEntropy } from "../losses/crossEntropy.ts";
import { receptiveRows, type UnifiedConfig } from "./config.ts";
import { eventLoss } from "./eventLoss.ts";
import {
  type Caches,
  cacheShapes,
  classify,
  type Encoded,
  encodeJoint,
  encodeStream,
  project,
  type StackMasks,
  shownOf,
} from "./network.ts";
import type { UnifiedParams } from "./params.ts";
import { splitLoss } from "./splitLoss.ts";

/** B stretches of T rows, cut anywhere from continuous streams. */
export interface UnifiedBatch<L, I = L> {
  readonly streams: {
    readonly [stream: string]: {
      /** [B, T, size] */
      readonly x: L;
      /** [B, T] 1 where sensed. */
      readonly present: L;
      /** [B, T] 1 where the joint may look: `present` less whole-modality dropout. */
      readonly joint: L;
    };
  };
  /** [B, T] int32 class of the instant each row is about. */
  readonly labels: I;
  /** [B, T] 0 for the rows at the start of a stretch, whose past is cut off, else 1. */
  readonly weights: L;
  /** [K] int32 rows of the streams' z, one after the other, at which dead codes are reborn. */
  readonly reseed: I;
  /** [S + 1] 1 for the stream, or last the joint, whose answer trains the head; with `headTurns` alone. */
  readonly turn?: L;
}

/** Dropout factors by stream, and of the joint. */
export interface UnifiedMasks<L> {
  readonly streams: { readonly [stream: string]: { readonly [position: string]: L } };
  readonly joint: { readonly [position: string]: L };
}

/** How much each part of the loss counts, and how the codebook moves. */
export interface UnifiedLossOptions {
  /** Weight of each stream's own cross-entropy; the joint's is 1. */
  readonly streamWeights: Readonly<Record<string, number>>;
  readonly commitment: { readonly own: number; readonly cross: number };
  readonly gmc: {
    readonly weight: number;
    readonly temperature: number;
    /** Rows of each stretch that enter the contrast. */
    readonly rows: number;
  };
  readonly codebook: { readonly decay: number; readonly idleLimit: number };
  /**
   * DeCUR: the first `common` of the projections' dimensions agree across streams, the rest have nothing to
   * do with each other, on the rows of the contrast. Absent unless given.
   */
  readonly decur?: { readonly weight: number; readonly common: number; readonly lambda: number };
  /**
   * Whether the streams and the joint take turns at the head, one each step, as MLA has it: each step's
   * batch says whose turn it is. Default: all at once.
   */
  readonly headTurns?: boolean;
  /** Share of every row's target that is given to all classes alike, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Weight of the cross-entropy of whole events beside that of rows; see `eventLoss`. Default 0. */
  readonly events?: number;
}

/** What held up on our data; see pipelines/talking-face/weights/README.md for figures. */
export const UNIFIED_LOSS_DEFAULTS: UnifiedLossOptions = {
  streamWeights: { audio: 1, video: 1, text: 0.2 },
  commitment: { own: 0.5, cross: 0.25 },
  gmc: { weight: 0.1, temperature: 0.1, rows: 3 },
  codebook: { decay: 0.99, idleLimit: 50 },
};

/** Loss of a batch with all that a training step carries on. */
export interface UnifiedLoss {
  /** [] total, in nats. */
  readonly loss: Scalar;
  /** [] each. */
  readonly metrics: { readonly [name: string]: Tensor };
  /** The codebook after the batch; the losses saw the one before. */
  readonly codebook: CodebookState<Tensor>;
}

/**
 * The live model's training loss.
 *
 *     L = Σ_m w_m CE(m) + CE(J)                                    one head over [ẑ ; s]
 *       + w_e (Σ_m w_m E(m) + E(J))                                whole events, where asked for
 *       + Σ_m commitment(z_m) + commitment(z_J)                    CMG, eq. 8
 *       + w_g Σ_m GMC(J, m)                                        GMC, code form
 *
 * Each stream's head sees its stream whenever it was sensed; whole-modality dropout falls on the joint
 * alone, which so learns every subset while no single head loses data. Contrast rows that say the same
 * word are no negatives of each other: at 52 classes and 96 rows most would be false.
 */
export function unifiedLoss(
  params: UnifiedParams<Tensor>,
  state: CodebookState<Tensor>,
  batch: UnifiedBatch<Tensor>,
  masks: UnifiedMasks<Tensor>,
  config: UnifiedConfig,
  options: UnifiedLossOptions,
): UnifiedLoss {
  const [B = 0, T = 0] = batch.labels.shape;
  const N = B * T;
  const targets = tf.oneHot(
    tf.cast(tf.reshape(batch.labels, [N]), "int32"),
    config.classes.length,
    1,
    0,
    "float32",
  ); // [N, classes]
  const { labelSmoothing = 0, events = 0 } = options;
  const smoothed =
    labelSmoothing === 0
      ? targets
      : tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / config.classes.length);
  const rowWeights = tf.reshape(batch.weights, [N]);
  const metrics: Record<string, Tensor> = {};

  const encoded = config.streams.map((stream) => {
    const feed = batch.streams[stream.name];
    const weights = params.streams[stream.name];
    if (feed === undefined || weights === undefined) throw missing(stream.name);
    const output = encodeStream(
      weights,
      stream,
      feed.x,
      feed.present,
      zeroCaches(B, config.width, stream.dilations),
      masks.streams[stream.name] as StackMasks,
    );
    return { name: stream.name, feed, ...output, present: tf.reshape(feed.present, [N]) };
  });
  const joint = encodeJoint(
    params.joint,
    config,
    encoded.map(({ rows }) => rows),
    encoded.map(({ feed }) => feed.joint),
    zeroCaches(B, config.width, config.jointDilations),
    masks.joint as StackMasks,
  );

  const quantise = ({ z }: Encoded) => {
    const index = nearestCode(stopGradient(z), state.codes); // [N]
    return { index, code: tf.gather(state.codes, tf.cast(index, "int32")) }; // [N, D]
  };
  const codes = encoded.map(quantise);
  const jointCode = quantise(joint);

  // Who is not at its turn answers with the head as it is, and learns only what lies before it.
  const headOf = (name: string): LinearParams<Tensor> => {
    if (options.headTurns !== true) return params.head;
    if (batch.turn === undefined) throw new ConfigError("unifiedLoss", "expected a turn, got none");
    const at = config.streams.findIndex((stream) => stream.name === name);
    const turn = tf.slice(batch.turn, [at < 0 ? config.streams.length : at], [1]);
    const gate = (weight: Tensor): Tensor =>
      tf.add(tf.mul(weight, turn), tf.mul(stopGradient(weight), tf.sub(1, turn)));
    return { weight: gate(params.head.weight), bias: gate(params.head.bias) };
  };

  const terms: Tensor[] = [];
  const answer = (name: string, output: Encoded, code: Tensor, weights: Tensor, share: number) => {
    const shown = shownOf(config, output.z, straightThrough(output.z, code));
    const logits = classify(headOf(name), shown, output.s);
    const loss = crossEntropy(logits, smoothed, weights);
    terms.push(tf.mul(loss, share));
    if (events > 0) terms.push(tf.mul(eventLoss(logits, targets, weights, [B, T]), share * events));
    metrics[`${name}Loss`] = loss;
    metrics[`${name}Accuracy`] = accuracy(stopGradient(logits), targets, weights);
  };

  const isQuantised = config.parts?.quantised !== false;
  const pairs = encoded.map((own, at) => {
    const others = encoded.filter((_, other) => other !== at);
    const count = sum([tf.zeros([N]), ...others.map(({ present }) => present)]); // [N]
    const share = tf.div(1, tf.maximum(count, 1));
    const mean = (vectors: readonly Tensor[]): Tensor =>
      tf.mul(
        // A model of one stream has no partners.
        sum([
          tf.zeros([N, config.codeDim]),
          ...vectors.map((vector, i) => tf.mul(vector, tf.expandDims(others[i]?.present ?? 0, 1))),
        ]),
        tf.expandDims(share, 1),
      );
    return {
      partner: mean(others.map(({ z }) => stopGradient(z))),
      partnerCode: mean(codes.filter((_, other) => other !== at).map(({ code }) => code)),
      paired: tf.mul(own.present, tf.cast(tf.greater(count, 0), "float32")),
    };
  });
  for (const [at, output] of encoded.entries()) {
    const own = codes[at]?.code;
    const pair = pairs[at];
    if (own === undefined || pair === undefined) throw missing(output.name);
    const weights = tf.mul(output.present, rowWeights);
    answer(output.name, output, own, weights, options.streamWeights[output.name] ?? 1);
    if (isQuantised)
      terms.push(
        commitment(
          output.z,
          own,
          pair.partnerCode,
          weights,
          tf.mul(pair.paired, rowWeights),
          options.commitment,
        ),
      );
  }
  answer("joint", joint, jointCode.code, rowWeights, 1);
  if (isQuantised)
    terms.push(
      commitment(joint.z, jointCode.code, jointCode.code, rowWeights, rowWeights, {
        own: options.commitment.own,
        cross: 0,
      }),
    );

  const contrast = contrastRows(B, T, options.gmc.rows, receptiveRows(config.jointDilations));
  if (options.gmc.weight > 0) {
    const said = tf.argMax(contrast(targets), 1); // [R]
    const negatives = tf.cast(
      tf.notEqual(tf.expandDims(said, 1), tf.expandDims(said, 0)),
      "float32",
    ); // [R, R]
    const together = project(params.projection, contrast(joint.z)); // [R, S]
    const gmc = sum(
      encoded.map(({ z, present }) =>
        gmcLoss(together, project(params.projection, contrast(z)), {
          temperature: options.gmc.temperature,
          present: tf.reshape(contrast(tf.expandDims(present, 1)), [-1]),
          negatives,
        }),
      ),
    );
    terms.push(tf.mul(gmc, options.gmc.weight));
    metrics["gmcLoss"] = gmc;
  }
  if (options.decur !== undefined) {
    const views = encoded.map(({ name, z, present }) => ({
      name,
      view: project(params.projection, contrast(z)),
      present: tf.reshape(contrast(tf.expandDims(present, 1)), [-1]),
    }));
    const decur = splitLoss(views, options.decur);
    terms.push(tf.mul(decur, options.decur.weight));
    metrics["decurLoss"] = decur;
  }

  const assigned: Assigned[] = encoded.map(({ z }, at) => ({
    z: stopGradient(z),
    index: codes[at]?.index ?? tf.zeros([N], "int32"),
    partner: pairs[at]?.partner ?? z,
    paired: pairs[at]?.paired ?? tf.zeros([N]),
  }));
  const moved = updateCodebook(state, assigned, { decay: options.codebook.decay });
  const candidates = tf.gather(
    tf.concat(
      assigned.map(({ z }) => z),
      0,
    ),
    tf.cast(batch.reseed, "int32"),
  ) as Tensor; // [K, D]
  const codebook = reseedDeadCodes(moved, candidates, { idleLimit: options.codebook.idleLimit });
  metrics["liveCodes"] = tf.sum(tf.cast(tf.lessEqual(moved.idle, 10), "float32"));
  return { loss: sum(terms) as Scalar, metrics, codebook };
}

/**
 * Cuts the same few rows out of every stretch of an [N, …] tensor, spread over its second part.
 *
 * Stretches are cut at random from the stream, so fixed places are random instants.
 */
function contrastRows(
  B: number,
  T: number,
  rows: number,
  warmUp: number,
): (tensor: Tensor) => Tensor {
  const first = Math.min(warmUp, T - rows);
  const places = Array.from(
    { length: rows },
    (_, i) => first + Math.floor(((T - first) * (i + 1)) / rows) - 1,
  );
  return (tensor) => {
    const width = tensor.shape[1] ?? 1;
    const stretches = tf.reshape(tensor, [B, T, width]);
    return tf.concat(
      places.map((place) =>
        tf.reshape(tf.slice(stretches, [0, place, 0], [B, 1, width]), [B, width]),
      ),
      0,
    );
  };
}

function zeroCaches(batch: number, width: number, dilations: readonly number[]): Caches {
  return Object.fromEntries(
    Object.entries(cacheShapes(batch, width, dilations)).map(([position, shape]) => [
      position,
      tf.zeros([...shape]),
    ]),
  );
}

function accuracy(logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  const right = tf.cast(tf.equal(tf.argMax(logits, 1), tf.argMax(targets, 1)), "float32");
  return tf.div(tf.sum(tf.mul(right, weights)), tf.maximum(tf.sum(weights), 1));
}

function sum(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((total, tensor) => tf.add(total, tensor));
}

function missing(stream: string): ConfigError {
  return new ConfigError("unifiedLoss", `expected a batch and weights for stream ${stream}`);
}
