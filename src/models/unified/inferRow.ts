import { ConfigError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { codeDistances } from "../codebook/nearestCode.ts";
import type { LinearParams } from "../layers/Linear.ts";
import { JOINT, type UnifiedConfig } from "./config.ts";
import { type Exemplars, exemplarLogits } from "./exemplars.ts";
import { fuse, subsetMasks } from "./fuse.ts";
import {
  type Caches,
  cacheShapes,
  classify,
  type Encoded,
  encodeJoint,
  encodeStream,
  project,
  shownOf,
} from "./network.ts";
import type { UnifiedParams } from "./params.ts";

/** What the stream of rows carries from one to the next. */
export interface RowState<L> {
  /** Per stream, the caches of its causal blocks: [1, 2·dilation, width]. */
  readonly streams: { readonly [stream: string]: { readonly [position: string]: L } };
  /** Caches of the joint's blocks, one joint per subset of the streams: [M, 2·dilation, width]. */
  readonly joint: { readonly [position: string]: L };
  /** [S] smoothed entropies. */
  readonly entropy: L;
}

/**
 * Shapes of a `RowState`.
 *
 * @param subsets M; every non-empty subset of the streams unless given.
 */
export function rowStateShapes(
  config: UnifiedConfig,
  subsets = 2 ** config.streams.length - 1,
): RowState<readonly number[]> {
  return {
    streams: Object.fromEntries(
      config.streams.map(({ name, dilations }) => [name, cacheShapes(1, config.width, dilations)]),
    ),
    joint: cacheShapes(subsets, config.width, config.jointDilations),
    entropy: [config.streams.length],
  };
}

/** The model's answer for one row, tensors stacked in the order of `config.streams`. */
export interface RowAnswer {
  /** [S] int32 */
  readonly code: Tensor;
  /** [S] */
  readonly distance: Tensor;
  /** [S] */
  readonly margin: Tensor;
  /** [S, embedding] */
  readonly embedding: Tensor;
  /** [S, classes] natural log, each stream's own head. */
  readonly streamLogProbabilities: Tensor;
  /** [M, S] */
  readonly weights: Tensor;
  /** [M, embedding] */
  readonly joint: Tensor;
  /** [M, classes] natural log, per subset; row i is subset i + 1 in binary. */
  readonly subsetLogProbabilities: Tensor;
  /** [S, D] and [S, specific]: what the head reads of each stream, before its code is looked up. */
  readonly z: Tensor;
  readonly s: Tensor;
  /** [M, D] and [M, specific]: the same of the joint of each subset. */
  readonly jointZ: Tensor;
  readonly jointS: Tensor;
}

/**
 * One row in, one answer out: encoders, codes, one joint per subset, fusion. A pure function.
 *
 * No stream's encoder reads another stream, so each is computed once, and the 2^S − 1 joints are one
 * batch: what any drop-out would cost is known at every row, for one run.
 *
 * @param params Its head is the trained one, or [S + 1, D + specific, classes] and [S + 1, classes]: one for
 *   each stream and one for the joint.
 * @param codes [K, D]
 * @param x [1, 1, size] per stream, zeros where missing.
 * @param present [S] 1 or 0.
 * @param masks [M][S] the subsets to answer for; every non-empty one unless given.
 * @param exemplars Labelled moments to go by; none unless given.
 */
export function inferRow(
  params: UnifiedParams<Tensor>,
  codes: Tensor,
  config: UnifiedConfig,
  x: { readonly [stream: string]: Tensor },
  present: Tensor,
  state: RowState<Tensor>,
  masks: number[][] = subsetMasks(config.streams.length),
  exemplars?: Exemplars<Tensor>,
): { answer: RowAnswer; state: RowState<Tensor> } {
  const M = masks.length;
  const subsets = tf.tensor2d(masks); // [M, S]
  const flags = config.streams.map((_, at) => tf.slice(present, [at], [1])); // [1] each

  const encoded = config.streams.map((stream, at) => {
    const [weights, feed] = [params.streams[stream.name], x[stream.name]];
    if (weights === undefined || feed === undefined)
      throw new ConfigError("inferRow", `expected weights and input of ${stream.name}`);
    // An encoder without blocks keeps no past, and trees have no empty branches.
    const caches: Caches = state.streams[stream.name] ?? {};
    const seen = tf.reshape(flags[at] ?? present, [1, 1]);
    return { name: stream.name, ...encodeStream(weights, stream, feed, seen, caches) };
  });
  const allowed = tf.mul(subsets, tf.expandDims(present, 0)); // [M, S]
  const joint = encodeJoint(
    params.joint,
    config,
    encoded.map(({ rows }) => tf.tile(rows, [M, 1, 1])),
    config.streams.map((_, at) => tf.slice(allowed, [0, at], [M, 1])),
    state.joint ?? {},
  );

  const z = tf.concat(
    encoded.map((each) => each.z),
    0,
  ); // [S, D]
  const s = tf.concat(
    encoded.map((each) => each.s),
    0,
  ); // [S, specific]
  const names = config.streams.map(({ name }) => name);
  const [S, each] = [names.length, exemplars];
  const heads = partsOf(params.head.weight, params.head.bias, S);
  const shown = each && partsOf(each.exemplars, each.exemplified, S);
  const read = ([weight, bias]: Pair, more: Pair | undefined): Reader => ({
    head: { weight, bias },
    ...(more !== undefined && { exemplars: { exemplars: more[0], exemplified: more[1] } }),
  });
  const own = answerOf(read(heads.own, shown?.own), codes, config, { z, s }, names);
  const together = answerOf(
    read(heads.joint, shown?.joint),
    codes,
    config,
    joint,
    new Array<string>(M).fill(JOINT),
  );
  const fused = fuse(
    own.logProbabilities,
    together.logProbabilities,
    present,
    state.entropy,
    subsets,
    config.fusion,
  );
  return {
    answer: {
      code: own.index,
      distance: own.distance,
      margin: own.margin,
      embedding: project(params.projection, z),
      streamLogProbabilities: own.logProbabilities,
      weights: fused.weights,
      joint: project(params.projection, joint.z),
      subsetLogProbabilities: fused.logProbabilities,
      z,
      s,
      jointZ: joint.z,
      jointS: joint.s,
    },
    state: {
      streams: Object.fromEntries(encoded.map(({ name, caches }) => [name, caches])),
      joint: joint.caches,
      entropy: fused.entropy,
    },
  };
}

type Pair = readonly [Tensor, Tensor];

/** What turns features into logits. */
export interface Reader {
  readonly head: LinearParams<Tensor>;
  readonly exemplars?: Exemplars<Tensor>;
}

/**
 * Cuts [S + 1, a, b] and [S + 1, c] into those of the streams and that of the joint; what is of one rank less
 * is everybody's.
 */
function partsOf(first: Tensor, second: Tensor, streams: number): { own: Pair; joint: Pair } {
  if (first.rank === 2) return { own: [first, second], joint: [first, second] };
  const [, a = 0, b = 0] = first.shape;
  const [, c = 0] = second.shape;
  const cut = (from: number, count: number): Pair => [
    tf.slice(first, [from, 0, 0], [count, a, b]),
    tf.slice(second, [from, 0], [count, c]),
  ];
  const [joint, bias] = cut(streams, 1);
  return { own: cut(0, streams), joint: [tf.reshape(joint, [a, b]), tf.reshape(bias, [c])] };
}

/**
 * What the head says of branches: the code z falls on, and log-probabilities.
 *
 * @param reader Of all rows, or with a head and exemplars for each row.
 * @param z [N, D]
 * @param s [N, specific]
 * @param names [N] whose each row is, for its temperature.
 */
export function answerOf(
  { head, exemplars }: Reader,
  codes: Tensor,
  config: UnifiedConfig,
  { z, s }: Pick<Encoded, "z" | "s">,
  names: readonly string[],
): { index: Tensor; distance: Tensor; margin: Tensor; logProbabilities: Tensor } {
  const size = codes.shape[0] ?? 0;
  const distances = codeDistances(z, codes); // [N, K]
  const index = tf.cast(tf.argMin(distances, 1), "int32"); // [N]
  const nearest = tf.sqrt(tf.min(distances, 1)); // [N]
  const others = tf.add(distances, tf.oneHot(index as never, size, 1e9, 0, "float32"));
  const second = tf.sqrt(tf.min(others, 1));
  const quantised = tf.gather(codes, index as never) as Tensor; // [N, D]
  const shown = shownOf(config, z, quantised);
  const logits = classify(head, shown, s);
  return {
    index,
    distance: nearest,
    margin: tf.sub(second, nearest),
    logProbabilities: tf.logSoftmax(
      tempered(
        exemplars === undefined
          ? logits
          : tf.add(logits, exemplarLogits(tf.concat([shown, s], 1), exemplars)),
        config,
        names,
      ),
    ),
  };
}

/** Logits divided by the temperatures of those they are of. */
function tempered(logits: Tensor, { fusion }: UnifiedConfig, names: readonly string[]): Tensor {
  const { temperatures } = fusion;
  if (temperatures === undefined) return logits;
  return tf.div(logits, tf.tensor2d(names.map((name) => [temperatures[name] ?? 1])));
}
