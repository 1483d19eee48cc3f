import { type Tensor, tf } from "../../../tensor/tf.ts";

/**
 * Linear interpolation as weights: how much each cell of an axis counts at fractional places.
 *
 *     w_c(p) = max(0, 1 − |p − c|)
 *
 * Reading a map at (y, x) bilinearly is Σ_r Σ_c w_r(y) w_c(x) map_rc, two products. Their gradients, for
 * the map and for the places, are products too: gathering four corners would need scattered sums on
 * the way back, which are slower and, on a GPU, not reproducible. Exactly on a cell the slope for the
 * place is 0, where interpolation has a kink.
 *
 * @param places [...] in cells; outside −1 … cells nothing is read.
 * @returns [..., cells], at most two entries other than 0; they sum to 1 within 0 … cells − 1.
 */
export function tentWeights(places: Tensor, cells: number): Tensor {
  const centres = tf.range(0, cells); // [cells]
  return tf.relu(tf.sub(1, tf.abs(tf.sub(tf.expandDims(places, -1), centres))));
}
