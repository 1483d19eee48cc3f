import { ShapeError } from "../../errors.ts";
import { gelu } from "../../tensor/ops/gelu.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { linear } from "../layers/Linear.ts";
import { attend, gainNorm, maskBias, project, splitHeads } from "./attention.ts";
import type { ImlConfig } from "./config.ts";
import type { ImlEncoded } from "./network.ts";
import type { ImlParams, PoolParams } from "./params.ts";
import { headsBesides, memberOf } from "./TokenGroup.ts";

/** One modality's pooled vectors. */
export interface ModalityClassTokens {
  /** [B, D] from its own tokens alone: z_m. */
  readonly own: Tensor;
  /** [B, D] from the fusion tokens at the positions where it was seen: f_m. */
  readonly fused: Tensor;
  /** [B] 1 where it had a token to read; the rows of the others mean nothing. */
  readonly seen: Tensor;
}

/** Pooled vectors of a batch. */
export interface ClassTokens {
  readonly modalities: { readonly [name: string]: ModalityClassTokens };
  /** [B, D] from everything: F̂. */
  readonly global: Tensor;
}

/**
 * Attention pooling with learned queries.
 *
 *     z_m = pool(query_m; tokens of m)      f_m = pool(query'_m; F at positions of m)
 *     F̂ = pool(query_F; everything)         pool = p + MLP(LN(p)),  p = MHA(query; LN(keys))
 *
 * A modality without a visible token would read the mean of everything there is, a leak; its rows are
 * told by `seen` and must take part in no loss.
 *
 * @param encoded Of `encode`.
 */
export function classTokens(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  { fusion, groups }: ImlEncoded,
): ClassTokens {
  const { pool } = params;
  const { heads } = config;
  const [B = 0, N = 0] = fusion.shape;
  const keysOf = (rows: Tensor) => {
    const normal = gainNorm(rows, pool.attention.norm);
    return {
      key: splitHeads(project(normal, pool.attention.key), heads),
      value: splitHeads(project(normal, pool.attention.value), heads),
    };
  };
  const ofGroups = groups.map(({ rows }) => keysOf(rows));
  const ofFusion = keysOf(fusion);
  const modalities: Record<string, ModalityClassTokens> = {};
  const readables: Tensor[] = [];
  for (const [index, { names, tokens: T, readable }] of groups.entries()) {
    const keys = ofGroups[index] ?? ofFusion;
    for (const [member, name] of names.entries()) {
      const shown =
        readable === undefined ? tf.ones([B, T]) : memberOf(readable, member, names.length);
      readables.push(shown);
      const atPosition = tf.max(tf.reshape(shown, [B, N, T / N]), 2); // [B, N]
      const own = memberKeys(keys, member, names.length);
      modalities[name] = {
        own: poolOver(pool, pool.own[name], own, shown, heads),
        fused: poolOver(pool, pool.fused[name], ofFusion, atPosition, heads),
        seen: tf.max(shown, 1),
      };
    }
  }
  const side = (part: "key" | "value"): Tensor =>
    tf.concat(
      [
        ...ofGroups.map((keys, index) =>
          headsBesides(keys[part], groups[index]?.names.length ?? 1),
        ),
        ofFusion[part],
      ],
      2,
    ); // [B, H, K, d]
  return {
    modalities,
    global: poolOver(
      pool,
      pool.global,
      { key: side("key"), value: side("value") },
      tf.concat([...readables, tf.ones([B, N])], 1),
      heads,
    ),
  };
}

interface Keys {
  readonly key: Tensor;
  readonly value: Tensor;
}

function memberKeys({ key, value }: Keys, member: number, count: number): Keys {
  return { key: memberOf(key, member, count), value: memberOf(value, member, count) };
}

/**
 * @param query [1, D]
 * @param keys [B, H, K, d]
 * @param readable [B, K]
 * @returns [B, D]
 */
function poolOver(
  pool: PoolParams<Tensor>,
  query: Tensor | undefined,
  { key, value }: Keys,
  readable: Tensor,
  heads: number,
): Tensor {
  if (query === undefined) throw new ShapeError("classTokens", "expected a query per modality");
  const [B = 0, , K = 0, d = 0] = key.shape;
  const asked = tf.tile(tf.reshape(project(query, pool.attention.query), [1, heads, 1, d]), [
    B,
    1,
    1,
    1,
  ]);
  const read = attend(asked, key, value, maskBias(tf.reshape(readable, [B, 1, 1, K])));
  const pooled = project(tf.reshape(read, [B, heads * d]), pool.attention.out); // [B, D]
  const change = linear(pool.down, gelu(linear(pool.up, gainNorm(pooled, pool.norm))));
  return tf.add(pooled, change);
}
