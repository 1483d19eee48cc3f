import { type Tensor, tf } from "../../tensor/tf.ts";
import { unitLength } from "../layers/unitLength.ts";

/** Where `attendPartner` looks. */
export interface PartnerOptions {
  /** Frames to either side of the same one; absent: the whole clip. */
  readonly window?: number;
  /** Divides the logits. */
  readonly temperature?: number;
  /** Compares directions: logits cos / τ instead of z · z / (√D τ). */
  readonly normalize?: boolean;
}

/**
 * The partner of every vector: attention over the other modality's frames of the same clip.
 *
 *     r_b,t = Σ_s softmax_s( z_a,t · z_b,s / (√D τ) ) z_b,s        |s − t| ≤ window
 *
 * Without weights of its own: partners only move the codebook, which has no gradient to teach any.
 *
 * @param a [B, T, D] queries.
 * @param b [B, T, D] keys and values.
 * @returns [B, T, D]
 *
 * Xia et al. 2023 (CMG), eq. 7; window, temperature and normalisation are ours: streams drift apart by
 * some frames, and at ‖z‖ = √D the plain softmax is nearly an argmax.
 */
export function attendPartner(
  a: Tensor,
  b: Tensor,
  { window, temperature = 1, normalize = false }: PartnerOptions = {},
): Tensor {
  const [, T = 0, D = 1] = a.shape;
  const [query, key] = normalize ? [unitLength(a), unitLength(b)] : [a, b];
  const scale = 1 / (normalize ? temperature : Math.sqrt(D) * temperature);
  const logits = tf.mul(tf.matMul(query, key, false, true), scale); // [B, T, T]
  if (window === undefined) return tf.matMul(tf.softmax(logits), b);
  const far = Float32Array.from({ length: T * T }, (_, i) =>
    Math.abs(Math.floor(i / T) - (i % T)) > window ? -1e9 : 0,
  );
  return tf.matMul(tf.softmax(tf.add(logits, tf.tensor(far, [1, T, T]))), b);
}
