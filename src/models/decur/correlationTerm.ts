import { type Tensor, tf } from "../../tensor/tf.ts";

/** What the diagonal of a correlation should be, and how much the rest counts. */
export interface CorrelationTermOptions {
  /** Diagonal's target t: 1 makes dimensions agree, 0 makes them unrelated. */
  readonly target: 0 | 1;
  /** λ, weight of one off-diagonal entry beside one of the diagonal; 0.0051 in every published run. */
  readonly lambda: number;
}

/**
 * Distance of a correlation matrix from t · I.
 *
 *     BT_t(C) = Σ_i (t − C_ii)² + λ Σ_{i≠j} C_ij²
 *
 * As one weighted square, Σ W ∘ (C − tI)²: taking the diagonal out of a sum of squares would lose it to
 * cancellation in float32.
 *
 * @param correlation [K, K]
 * @returns [] ≥ 0; a sum, so it grows with K; 0 for K = 0.
 *
 * Zbontar et al. 2021, eq. 1, arXiv:2103.03230; t = 0: Wang et al. 2024, eq. 4, arXiv:2309.05300.
 */
export function correlationTerm(
  correlation: Tensor,
  { target, lambda }: CorrelationTermOptions,
): Tensor {
  const [size = 0] = correlation.shape;
  if (size === 0) return tf.scalar(0);
  const identity = tf.eye(size); // [K, K]
  const weights = tf.add(tf.mul(identity, 1 - lambda), lambda); // [K, K]
  const distance = target === 0 ? correlation : tf.sub(correlation, identity);
  return tf.sum(tf.mul(tf.square(distance), weights));
}

/**
 * The share of the diagonal and of the rest in a term, for diagnosis: BT_t = on + λ · off.
 *
 * @param correlation [K, K]
 * @returns Two [] tensors.
 */
export function correlationParts(
  correlation: Tensor,
  target: 0 | 1,
): { readonly on: Tensor; readonly off: Tensor } {
  const [size = 0] = correlation.shape;
  const identity = tf.eye(size); // [K, K]
  const squares = tf.square(tf.sub(correlation, tf.mul(identity, target)));
  return {
    on: tf.sum(tf.mul(squares, identity)),
    off: tf.sum(tf.mul(squares, tf.sub(1, identity))),
  };
}
