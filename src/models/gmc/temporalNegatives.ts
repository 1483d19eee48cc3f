import { type Tensor, tf } from "../../tensor/tf.ts";

/**
 * Which samples are far enough in time to be negatives of each other.
 *
 * Neighbouring windows of a stream are near duplicates: as negatives they would push equals apart, so
 * within the guard they are neither positive nor negative.
 *
 * @param anchors [B] seconds since the start of the session (float32 holds a day to 8 ms).
 * @param others [N] of the same clock.
 * @param guard Seconds ≥ 0.
 * @returns [B, N] 1 where |difference| > guard, else 0.
 */
export function temporalNegatives(anchors: Tensor, others: Tensor, guard: number): Tensor {
  const gap = tf.abs(tf.sub(tf.expandDims(anchors, 1), tf.expandDims(others, 0)));
  return tf.cast(tf.greater(gap, guard), "float32");
}
