import { type Tensor, tf } from "../../tensor/tf.ts";
import type { UnifiedConfig } from "./config.ts";

/** How moments that were labelled while serving speak for their classes; chosen on people of the training split. */
export const EXEMPLARS = {
  /** P, kept of each class. */
  perClass: 8,
  /** What a moment just like an exemplar adds to the logit of its class, less the neutral part. */
  gain: 3,
  /** β: how alike is alike. */
  sharpness: 30,
  /** κ₀: closeness that speaks neither for a class nor against it. */
  neutral: 0.25,
} as const;

/** Host arrays of what is remembered of labelled moments, by head: each stream in order, then the joint. */
export interface Exemplars<L = Float32Array> {
  /** [S + 1, classes · P, D + specific] what the head read, of unit length; zeros where there is none. */
  readonly exemplars: L;
  /** [S + 1, classes] 1 where there is at least one. */
  readonly exemplified: L;
}

/** Shapes of exemplars. */
export function exemplarShapes(
  config: Pick<UnifiedConfig, "streams" | "classes" | "codeDim" | "specific">,
): { readonly exemplars: readonly number[]; readonly exemplified: readonly number[] } {
  const [heads, C] = [config.streams.length + 1, config.classes.length];
  return {
    exemplars: [heads, C * EXEMPLARS.perClass, config.codeDim + config.specific],
    exemplified: [heads, C],
  };
}

/** No exemplar of anything. */
export function noExemplars(config: UnifiedConfig): Exemplars {
  const zeros = (shape: readonly number[]) =>
    new Float32Array(shape.reduce((product, side) => product * side, 1));
  const shapes = exemplarShapes(config);
  return { exemplars: zeros(shapes.exemplars), exemplified: zeros(shapes.exemplified) };
}

/**
 * What exemplars add to logits.
 *
 *     δ_c = gain · (max_j exp(β (cos(x, x_cj) − 1)) − κ₀)        0 where class c has none
 *
 * Local, so that what one person did says nothing of what looks otherwise; by the nearest one, so that a class
 * labelled often counts no more than one labelled once; less κ₀, so that a class that nobody has labelled yet is
 * held to be as likely as it was, and one whose exemplars look otherwise less.
 *
 * @param features [N, n] what the head reads.
 * @param exemplars [classes · P, n], or [N, classes · P, n] with those of each row; see `Exemplars`.
 * @param exemplified [classes] or [N, classes].
 * @returns [N, classes]
 *
 * A cache adapter with the maximum in place of the sum: Zhang et al. 2022 (Tip-Adapter), eq. 4,
 * arXiv:2111.03930; the neutral part is ours.
 */
export function exemplarLogits(
  features: Tensor,
  { exemplars, exemplified }: Exemplars<Tensor>,
): Tensor {
  const { perClass, gain, sharpness, neutral } = EXEMPLARS;
  const [N = 0] = features.shape;
  const length = tf.sqrt(tf.sum(tf.square(features), 1, true)); // [N, 1]
  const unit = tf.div(features, tf.maximum(length, 1e-6));
  const cosines =
    exemplars.rank === 2
      ? tf.matMul(unit, exemplars, false, true)
      : tf.matMul(tf.expandDims(unit, 1), exemplars, false, true);
  const nearest = tf.max(tf.reshape(cosines, [N, -1, perClass]), 2); // [N, classes]
  const closeness = tf.exp(tf.mul(tf.sub(nearest, 1), sharpness));
  return tf.mul(tf.mul(tf.sub(closeness, neutral), gain), exemplified);
}
