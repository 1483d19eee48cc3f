import { type Tensor, tf } from "../../tensor/tf.ts";
import { type AttentionParams, attend, gainNorm, maskBias, project } from "./attention.ts";
import type { TokenGroup } from "./TokenGroup.ts";

/** Keys and values of the tokens that stand at each position. */
export interface PositionKeys {
  /** [B·N, H, K, d] */
  readonly key: Tensor;
  readonly value: Tensor;
}

/** What modality attention needs beside the tokens. */
export interface ModalityAttentionOptions {
  readonly heads: number;
  /** N */
  readonly positions: number;
  /** Whether the fusion token is one of its own keys: the (M+1)-form. */
  readonly readsItself: boolean;
}

/**
 * Modality attention: the fusion token of each position reads the tokens of that position.
 *
 *     cross       F_n ← F_n + MHA( q = LN(F_n);  k, v = { LN(x_n^m) : m present } )
 *     selfMPlus1  the same with F_n among the keys and one norm for all
 *
 * A hidden token of a present modality is read as the learned embedding `hidden`; an absent modality
 * is no key at all. A sample without any modality keeps its fusion tokens.
 *
 * @param fusion [B, N, D]
 * @param hidden [N or 1, D]
 * @returns [B, N, D]
 *
 * Chen, Zhao, Bruzzone 2024, doi 10.1109/TGRS.2024.3387837; the (M+1)-form is that of the released
 * training code.
 */
export function modalityAttention(
  params: AttentionParams<Tensor>,
  fusion: Tensor,
  groups: readonly TokenGroup[],
  hidden: Tensor,
  options: ModalityAttentionOptions,
): Tensor {
  const [B = 0] = fusion.shape;
  const keys = groups.map((group) => groupKeys(params, group, hidden, options));
  const present = groups.some((group) => group.present !== undefined)
    ? tf.concat(
        groups.map((group) => keyPresence(group, B, options.positions)),
        2,
      ) // [B, N, K]
    : undefined;
  return readPosition(params, fusion, keys, present, options);
}

/** Keys and values of one group at every position; hidden tokens as `hidden` says. */
export function groupKeys(
  params: AttentionParams<Tensor>,
  { names, tokens: T, rows, readable }: TokenGroup,
  hidden: Tensor,
  { heads, positions: N }: ModalityAttentionOptions,
): PositionKeys {
  const [stacked = 0, , D = 0] = rows.shape;
  const [G, r] = [names.length, T / N];
  const B = stacked / G;
  let shown = rows;
  if (readable !== undefined) {
    const seen = tf.expandDims(readable, 2); // [G·B, T, 1]
    const learned = hidden.shape[0] === 1 ? tf.reshape(hidden, [1, 1, D]) : spread(hidden, r);
    shown = tf.add(tf.mul(rows, seen), tf.mul(tf.sub(1, seen), learned));
  }
  const normal = gainNorm(shown, params.context ?? params.norm);
  const [key, value] = [params.key, params.value].map((weight) => {
    const inner = weight.shape[1] ?? 0;
    const split = tf.reshape(project(normal, weight), [G, B, N, r, heads, inner / heads]);
    return tf.reshape(tf.transpose(split, [1, 2, 4, 0, 3, 5]), [
      B * N,
      heads,
      G * r,
      inner / heads,
    ]);
  }) as [Tensor, Tensor];
  return { key, value };
}

/**
 * The fusion tokens after reading prepared keys.
 *
 * @param present [B, N, K] which keys are there; absent: all.
 */
export function readPosition(
  params: AttentionParams<Tensor>,
  fusion: Tensor,
  keys: readonly PositionKeys[],
  present: Tensor | undefined,
  { heads, positions: N, readsItself }: ModalityAttentionOptions,
): Tensor {
  const [B = 0] = fusion.shape;
  const normal = gainNorm(fusion, params.norm);
  const inner = params.query.shape[1] ?? 0;
  const size = inner / heads;
  // The fusion token stands alone at its position: its heads need no transpose.
  const own = (weight: Tensor): Tensor =>
    tf.reshape(project(normal, weight), [B * N, heads, 1, size]);
  const all = readsItself ? [...keys, { key: own(params.key), value: own(params.value) }] : keys;
  const key = concat(all.map((each) => each.key));
  const value = concat(all.map((each) => each.value));
  const K = key.shape[2] ?? 0;
  let allowed = present;
  if (present !== undefined && readsItself) allowed = tf.concat([present, tf.ones([B, N, 1])], 2);
  const bias = allowed === undefined ? undefined : tf.reshape(maskBias(allowed), [B * N, 1, 1, K]);
  const read = attend(own(params.query), key, value, bias); // [B·N, H, 1, d]
  let change = project(tf.reshape(read, [B, N, inner]), params.out);
  if (present !== undefined && !readsItself) change = tf.mul(change, tf.max(present, 2, true));
  return tf.add(fusion, change);
}

/** Which of a group's keys are there: [B, N, G·r]. */
export function keyPresence(
  { names, tokens, present }: Pick<TokenGroup, "names" | "tokens" | "present">,
  B: number,
  N: number,
): Tensor {
  const [G, r] = [names.length, tokens / N];
  if (present === undefined) return tf.ones([B, N, G * r]);
  const perModality = tf.transpose(tf.reshape(present, [G, B, N]), [1, 2, 0]); // [B, N, G]
  return tf.reshape(tf.tile(tf.expandDims(perModality, 3), [1, 1, 1, r]), [B, N, G * r]);
}

/** [N, D] with every row r times: [1, N·r, D] */
function spread(x: Tensor, r: number): Tensor {
  const [N = 0, D = 0] = x.shape;
  return tf.reshape(tf.tile(tf.expandDims(x, 1), [1, r, 1]), [1, N * r, D]);
}

function concat(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : tf.concat([...parts], 2);
}
