import { dense } from "../../tensor/ops/dense.ts";
import { layerNorm } from "../../tensor/ops/layerNorm.ts";
import { type Tensor, type Tensor2D, tf } from "../../tensor/tf.ts";

/** Weights of one attention: projections without bias, gain-only norms. */
export type AttentionParams<L> = {
  /** [norms, D] gains before the query (and before keys and values, unless `context` is there). */
  readonly norm: L;
  /** [norms, D] gains before keys and values of a cross-attention. */
  readonly context?: L;
  /** [D, heads · headWidth] each. */
  readonly query: L;
  readonly key: L;
  readonly value: L;
  /** [heads · headWidth, D] */
  readonly out: L;
};

/** x · W over the last axis: [..., D] → [..., E]. */
export function project(x: Tensor, weight: Tensor): Tensor {
  return dense(x, weight as Tensor2D);
}

/** LayerNorm with gain and no offset, once per row of gains. @param gains [norms, D] */
export function gainNorm(x: Tensor, gains: Tensor): Tensor {
  const [norms = 1, width = 0] = gains.shape;
  const bias = tf.zeros([width]);
  let normal = x;
  for (let i = 0; i < norms; i++) {
    const gain =
      norms === 1
        ? tf.reshape(gains, [width])
        : tf.reshape(tf.slice(gains, [i, 0], [1, width]), [width]);
    normal = layerNorm(normal, { gain, bias });
  }
  return normal;
}

/** [B, T, H · d] → [B, H, T, d] */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [B = 0, T = 0, inner = 0] = x.shape;
  const split = tf.reshape(x, [B, T, heads, inner / heads]);
  // One row needs no transpose: its heads lie one after the other either way.
  return T === 1 ? tf.reshape(x, [B, heads, 1, inner / heads]) : tf.transpose(split, [0, 2, 1, 3]);
}

/** [B, H, T, d] → [B, T, H · d] */
export function joinHeads(x: Tensor): Tensor {
  const [B = 0, heads = 0, T = 0, size = 0] = x.shape;
  if (T === 1) return tf.reshape(x, [B, 1, heads * size]);
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [B, T, heads * size]);
}

/** What is added to a masked logit: e^x is then exactly 0 in float32, so nothing leaks. */
const EXCLUDED = 1e9;

/** A mask of 1 (may be read) and 0 as an addend of logits: 0 and −10⁹. */
export function maskBias(allowed: Tensor): Tensor {
  return tf.mul(tf.sub(allowed, 1), EXCLUDED);
}

/**
 * Scaled dot-product attention: softmax(q · kᵀ / √d + bias) · v.
 *
 * A row whose every key is masked would read the plain mean of all values, absent ones included: a
 * leak. The masks built here always leave a row at least itself.
 *
 * @param query [B, H, Tq, d]
 * @param key [B, H, Tk, d], `value` alike.
 * @param bias Broadcasts to [B, H, Tq, Tk]: `maskBias` of what may be read; absent: everything.
 * @returns [B, H, Tq, d]
 *
 * Vaswani et al. 2017, eq. 1, arXiv:1706.03762.
 */
export function attend(query: Tensor, key: Tensor, value: Tensor, bias?: Tensor): Tensor {
  const size = query.shape.at(-1) ?? 1;
  // The softmax of a single key is 1, whatever it says.
  if (key.shape[2] === 1 && query.shape[2] === 1) return value;
  const logits = tf.matMul(tf.mul(query, 1 / Math.sqrt(size)), key, false, true); // [B, H, Tq, Tk]
  return tf.matMul(tf.softmax(bias === undefined ? logits : tf.add(logits, bias)), value);
}
