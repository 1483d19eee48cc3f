import { type Tensor, tf } from "../../tensor/tf.ts";
import {
  type AttentionParams,
  attend,
  gainNorm,
  joinHeads,
  maskBias,
  project,
  splitHeads,
} from "./attention.ts";
import { besides, headsBesides, headsStacked, type TokenGroup } from "./TokenGroup.ts";

/** What may be read, as addends of logits, made once for all layers; undefined: everything. */
export interface SelfAttentionBias {
  /** Per group, broadcast to [G·B, H, T, T]. */
  readonly groups: readonly (Tensor | undefined)[];
  /** Broadcast to [B, H, N, ΣG·T + N]; in the unmasked form its rows are all tokens. */
  readonly fusion: Tensor | undefined;
}

/** Which tokens read which, beside who is there. */
export interface MaskOptions {
  /** B */
  readonly batch: number;
  /** N */
  readonly positions: number;
  readonly mask: "block" | "none";
  /** Slots that a slot may read, itself included; absent: all, later ones too. */
  readonly window?: number;
}

/**
 * The block mask without its matrix: [i, j] may be read iff type_i = type_j or i is a fusion token,
 * slot_j is not later (nor out of the window) in the causal form, and j is there.
 *
 * A token always reads itself, so that no row is empty: a row with every key masked would read the
 * mean of all values. Only rows that nobody reads are in that place.
 */
export function selfAttentionBias(
  groups: readonly TokenGroup[],
  { batch: B, positions: N, mask, window }: MaskOptions,
): SelfAttentionBias {
  const slots = groups.map(({ names, tokens }) => ({ G: names.length, T: tokens, r: tokens / N }));
  const slotsOf = (T: number, r: number): number[] =>
    Array.from({ length: T }, (_, token) => Math.floor(token / r));
  const own = Array.from({ length: N }, (_, slot) => slot);
  const keySlots = [
    ...slots.flatMap(({ G, T, r }) => Array.from({ length: G }, () => slotsOf(T, r)).flat()),
    ...own,
  ];
  const isMasked = groups.some(({ readable }) => readable !== undefined);
  const readable = isMasked
    ? tf.concat(
        [
          ...groups.map(({ readable: seen, names, tokens }) =>
            seen === undefined ? tf.ones([B, names.length * tokens]) : besides(seen, names.length),
          ),
          tf.ones([B, N]),
        ],
        1,
      ) // [B, K]
    : undefined;
  if (mask === "none")
    return { groups: [], fusion: biasOf(readable, causalMask(keySlots, keySlots, window), true) };
  return {
    groups: groups.map(({ readable: seen }, index) => {
      const { T = 0, r = 1 } = slots[index] ?? {};
      return T === 1
        ? undefined
        : biasOf(seen, causalMask(slotsOf(T, r), slotsOf(T, r), window), true);
    }),
    fusion: biasOf(readable, causalMask(own, keySlots, window), false),
  };
}

/** [rows, keys] 1 where the key's slot lies in the window that ends with the row's; undefined: no limit. */
export function causalMask(
  rows: readonly number[],
  keys: readonly number[],
  window: number | undefined,
): Tensor | undefined {
  if (window === undefined) return undefined;
  const allowed = rows.flatMap((row) =>
    keys.map((key) => (key <= row && key > row - window ? 1 : 0)),
  );
  return tf.tensor(Float32Array.from(allowed), [rows.length, keys.length]);
}

/** @param readable [B, K] @param causal [rows, K] @returns broadcasts to [B, H, rows, K] */
function biasOf(
  readable: Tensor | undefined,
  causal: Tensor | undefined,
  isSquare: boolean,
): Tensor | undefined {
  if (readable === undefined)
    return causal === undefined ? undefined : maskBias(tf.expandDims(tf.expandDims(causal, 0), 0));
  const [B = 0, K = 0] = readable.shape;
  let allowed: Tensor = tf.reshape(readable, [B, 1, 1, K]);
  if (causal !== undefined) allowed = tf.mul(allowed, tf.reshape(causal, [1, 1, -1, K]));
  if (isSquare) allowed = tf.maximum(allowed, tf.reshape(tf.eye(K), [1, 1, K, K]));
  return maskBias(allowed);
}

/** Tokens after one attention, groups and fusion tokens apart. */
export interface SelfAttended {
  /** Per group [G·B, T, D]. */
  readonly groups: readonly Tensor[];
  /** [B, N, D] */
  readonly fusion: Tensor;
}

/**
 * Masked self-attention, block by block: x ← x + MHA(LN(x)) with one set of weights for all tokens.
 *
 *     modality m reads  { x^m };     fusion reads  { x^1 … x^M, F }
 *
 * The same numbers as dense attention under the block mask, at (2M + 1) of (M + 1)² block products.
 * With mask `none` every token reads all.
 *
 * Zorro's mask: Recasens et al. 2023, arXiv:2301.09595.
 */
export function selfAttention(
  params: AttentionParams<Tensor>,
  groups: readonly TokenGroup[],
  fusion: Tensor,
  bias: SelfAttentionBias,
  { heads, mask }: { readonly heads: number; readonly mask: "block" | "none" },
): SelfAttended {
  const projected = [...groups.map(({ rows }) => rows), fusion].map((rows) => {
    const normal = gainNorm(rows, params.norm);
    return {
      query: splitHeads(project(normal, params.query), heads),
      key: splitHeads(project(normal, params.key), heads),
      value: splitHeads(project(normal, params.value), heads),
    };
  });
  const counts = [...groups.map(({ names }) => names.length), 1];
  const together = (part: "query" | "key" | "value"): Tensor => {
    const parts = projected.map((each, index) => headsBesides(each[part], counts[index] ?? 1));
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : tf.concat(parts, 2); // [B, H, K, d]
  };
  const leave = (rows: Tensor, read: Tensor): Tensor =>
    tf.add(rows, project(joinHeads(read), params.out));

  if (mask === "none") {
    const read = attend(together("query"), together("key"), together("value"), bias.fusion);
    const [B = 0, H = 0, , d = 0] = read.shape;
    let at = 0;
    const parts = [...groups.map(({ tokens }) => tokens), fusion.shape[1] ?? 0].map(
      (tokens, index) => {
        const count = counts[index] ?? 1;
        const part = tf.slice(read, [0, 0, at, 0], [B, H, count * tokens, d]);
        at += count * tokens;
        return headsStacked(part, count);
      },
    );
    return {
      groups: groups.map(({ rows }, index) => leave(rows, parts[index] ?? rows)),
      fusion: leave(fusion, parts.at(-1) ?? fusion),
    };
  }
  const ownFusion = projected.at(-1);
  return {
    groups: groups.map(({ rows }, index) => {
      const own = projected[index];
      if (own === undefined) return rows;
      return leave(rows, attend(own.query, own.key, own.value, bias.groups[index]));
    }),
    fusion:
      ownFusion === undefined
        ? fusion
        : leave(fusion, attend(ownFusion.query, together("key"), together("value"), bias.fusion)),
  };
}
