import { ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { modalityAttention } from "../imlrs/modalityAttention.ts";
import { type CausalBlockParams, cacheRows, causalBlock } from "../layers/CausalBlock.ts";
import { gelu } from "../layers/gelu.ts";
import { type LinearParams, linear } from "../layers/Linear.ts";
import { layerNorm } from "../layers/layerNorm.ts";
import { unitLength } from "../layers/unitLength.ts";
import type { FrontConfig, StreamConfig, UnifiedConfig } from "./config.ts";
import type { BranchParams, FrontParams, StreamParams, UnifiedParams } from "./params.ts";

/** The past of a stack of causal blocks, one [B, 2·dilation, width] per block, by position. */
export type Caches = { readonly [position: string]: Tensor };

/** Dropout factors of a stack: one per block and one before the branches, broadcast to [B, T, width]. */
export type StackMasks = { readonly [position: string]: Tensor };

/** What an encoder gives for B stretches of T rows. */
export interface Encoded {
  /** [B, T, width], what the joint reads. */
  readonly rows: Tensor;
  /** [B·T, D] semantic branch, rows of norm √D before the norm's gain. */
  readonly z: Tensor;
  /** [B·T, specific] */
  readonly s: Tensor;
  /** To pass in with the rows that follow. */
  readonly caches: Caches;
}

/** Shapes of the caches of a stack, by position. */
export function cacheShapes(
  batch: number,
  width: number,
  dilations: readonly number[],
): { readonly [position: string]: readonly number[] } {
  return Object.fromEntries(
    dilations.map((dilation, position) => [String(position), [batch, cacheRows(dilation), width]]),
  );
}

/**
 * One stream's encoder: front, then causal blocks, then the branches z and s.
 *
 * A missing row enters as the learned vector `missing`: absence is told, never a zero feature.
 *
 * @param x [B, T, size] features; any finite value where missing.
 * @param present [B, T] 1 where the row was sensed, else 0.
 * @param caches Of the rows before; zeros at the start.
 * @param masks Dropout; absent at inference.
 */
export function encodeStream(
  params: StreamParams<Tensor>,
  config: StreamConfig,
  x: Tensor,
  present: Tensor,
  caches: Caches,
  masks?: StackMasks,
): Encoded {
  const [batch = 0, rows = 0, size = 0] = x.shape;
  if (size !== config.size)
    throw new ShapeError(
      "encodeStream",
      `${config.name}: expected size ${config.size}, got ${size}`,
    );
  const seen = tf.expandDims(present, 2); // [B, T, 1]
  const front = tf.reshape(applyFront(params.front, config.front, x), [batch, rows, -1]);
  const first = tf.add(tf.mul(front, seen), tf.mul(tf.sub(1, seen), params.missing)); // [B, T, width]
  return applyStack(first, params.blocks, params.branches, config.dilations, caches, masks);
}

/**
 * The joint encoder, with weights of its own, over the rows of every stream.
 *
 * @param rows [B, T, width] per stream, in the order of `config.streams`.
 * @param present [B, T] per stream: 1 where this joint may look at it.
 */
export function encodeJoint(
  params: UnifiedParams<Tensor>["joint"],
  config: UnifiedConfig,
  rows: readonly Tensor[],
  present: readonly Tensor[],
  caches: Caches,
  masks?: StackMasks,
): Encoded {
  if (rows.length !== config.streams.length || present.length !== rows.length)
    throw new ShapeError(
      "encodeJoint",
      `expected ${config.streams.length} streams, got ${rows.length} and ${present.length} masks`,
    );
  const { fusion } = config.parts ?? {};
  if (fusion?.kind === "tokens") {
    const token = readStreams(params, rows, present, fusion.heads); // [B, T, width]
    const entered = linear(params.front, token);
    return applyStack(
      entered,
      params.blocks,
      params.branches,
      config.jointDilations,
      caches,
      masks,
    );
  }
  const seen = present.map((mask) => tf.expandDims(mask, 2)); // [B, T, 1] each
  const read = rows.map((each, index) => tf.mul(each, seen[index] ?? 0));
  // ±1, not 0 and 1: with nothing present the row would be zero, where layer norm has no slope.
  const flags = seen.map((mask) => tf.sub(tf.mul(mask, 2), 1));
  const first = linear(params.front, tf.concat([...read, ...flags], 2)); // [B, T, width]
  return applyStack(first, params.blocks, params.branches, config.jointDilations, caches, masks);
}

/**
 * What the head is shown of z: the code it falls on, or z itself where codes are left out.
 *
 * @param z [N, D]
 * @param quantised [N, D] ẑ
 */
export function shownOf(config: UnifiedConfig, z: Tensor, quantised: Tensor): Tensor {
  return config.parts?.quantised === false ? z : quantised;
}

/**
 * Logits of the classification head.
 *
 * @param head [n, classes] and [classes], n = D + specific; or [N, n, classes] and [N, classes]: a head for
 *   each row.
 * @param quantised [N, D] ẑ
 * @param s [N, specific]
 * @returns [N, classes]
 */
export function classify(head: LinearParams<Tensor>, quantised: Tensor, s: Tensor): Tensor {
  const features = tf.concat([quantised, s], 1); // [N, n]
  if (head.weight.rank === 2) return linear(head, features);
  const logits = tf.matMul(tf.expandDims(features, 1), head.weight); // [N, 1, classes]
  return tf.add(tf.squeeze(logits, [1]), head.bias);
}

/**
 * GMC's shared projection: unit vectors in which one stream can stand in for all.
 *
 * @param z [N, D], not quantised.
 * @returns [N, embedding], rows of unit length.
 *
 * Poklukar et al. 2022, sec. 3, arXiv:2202.03390.
 */
export function project(projection: LinearParams<Tensor>, z: Tensor): Tensor {
  return unitLength(linear(projection, z));
}

/**
 * A fusion token per row that has read the streams of that row which are present.
 *
 * @returns [B, T, width]
 *
 * Modality attention of Chen, Zhao, Bruzzone 2024, doi 10.1109/TGRS.2024.3387837; see `modalityAttention`.
 */
function readStreams(
  params: UnifiedParams<Tensor>["joint"],
  rows: readonly Tensor[],
  present: readonly Tensor[],
  heads: number,
): Tensor {
  const { reader } = params;
  if (reader === undefined) throw new ShapeError("encodeJoint", "expected a reader, got none");
  const [B = 0, T = 0, width = 0] = rows[0]?.shape ?? [];
  const N = B * T;
  const known = rows.map((each, at) =>
    tf.add(tf.reshape(each, [N, 1, width]), tf.slice(reader.origins, [at, 0], [1, width])),
  );
  const read = modalityAttention(
    reader.attention,
    tf.tile(tf.reshape(reader.token, [1, 1, width]), [N, 1, 1]),
    [
      {
        names: rows.map((_, at) => String(at)),
        tokens: 1,
        rows: tf.concat(known, 0), // [S·N, 1, width]
        present: tf.concat(
          present.map((mask) => tf.reshape(mask, [N, 1])),
          0,
        ),
      },
    ],
    tf.zeros([1, width]),
    { heads, positions: 1, readsItself: false },
  );
  return tf.reshape(read, [B, T, width]);
}

function applyFront(params: FrontParams<Tensor>, front: FrontConfig, x: Tensor): Tensor {
  const layer = (name: string): LinearParams<Tensor> => {
    const found = params[name];
    if (found === undefined) throw new ShapeError("encodeStream", `expected a layer ${name}`);
    return found;
  };
  if (front.kind === "vector") return linear(layer("second"), gelu(linear(layer("first"), x)));

  const { channels, rows, columns, patch } = front;
  const frames = tf.reshape(x, [-1, channels, rows / patch, patch, columns / patch, patch]);
  // A strided convolution without overlap: one product, forward and backward. An overlapping one was
  // four times the cost of all the rest of the encoder.
  const patches = tf.reshape(tf.transpose(frames, [0, 2, 4, 1, 3, 5]), [
    -1,
    channels * patch * patch,
  ]); // [N · patches, C · patch²]
  // A rectifier, not gelu: these maps are ten times larger than all that follows.
  const seen = tf.relu(linear(layer("patch"), patches));
  const [batch = 0, length = 0] = x.shape;
  return linear(layer("dense"), tf.reshape(seen, [batch * length, -1]));
}

function applyStack(
  first: Tensor,
  blocks: { readonly [position: string]: CausalBlockParams<Tensor> },
  branches: BranchParams<Tensor>,
  dilations: readonly number[],
  caches: Caches,
  masks: StackMasks | undefined,
): Encoded {
  let rows = first;
  const next: { [position: string]: Tensor } = {};
  for (const [position, dilation] of dilations.entries()) {
    const block = blocks[position];
    const cache = caches[position];
    if (block === undefined || cache === undefined)
      throw new ShapeError("applyStack", `expected weights and a cache for block ${position}`);
    const output = causalBlock(block, rows, cache, dilation, masks?.[position]);
    rows = output.rows;
    next[position] = output.cache;
  }
  const out = masks?.["out"];
  const features = tf.reshape(out === undefined ? rows : tf.mul(rows, out), [
    -1,
    rows.shape[2] ?? 0,
  ]);
  return {
    rows,
    z: layerNorm(branches.semanticNorm, linear(branches.semantic, features)),
    s: layerNorm(branches.specificNorm, linear(branches.specific, features)),
    caches: next,
  };
}
