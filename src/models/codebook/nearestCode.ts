import { ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";

/**
 * Squared Euclidean distances of every vector to every code: ‖z‖² − 2 z·e + ‖e‖², floored at 0.
 *
 * @param z [N, D]
 * @param codes [K, D]
 * @returns [N, K]
 * @throws {ShapeError} If D differs.
 */
export function codeDistances(z: Tensor, codes: Tensor): Tensor {
  if (z.rank !== 2 || codes.rank !== 2 || z.shape[1] !== codes.shape[1])
    throw new ShapeError(
      "codeDistances",
      `expected [N, D] and [K, D], got [${z.shape}] and [${codes.shape}]`,
    );
  const zz = tf.sum(tf.mul(z, z), 1, true); // [N, 1]
  const ee = tf.sum(tf.mul(codes, codes), 1); // [K]
  return tf.maximum(tf.add(tf.sub(zz, tf.mul(tf.matMul(z, codes, false, true), 2)), ee), 0);
}

/**
 * Index of the nearest code of every vector; the lowest index where several are equally near.
 *
 * @param z [N, D]
 * @param codes [K, D]
 * @returns [N] int32 in [0, K)
 *
 * van den Oord et al. 2017, eq. 1, arXiv:1711.00937.
 */
export function nearestCode(z: Tensor, codes: Tensor): Tensor {
  // ‖z‖² is the same for every code of a row and left out.
  const ee = tf.sum(tf.mul(codes, codes), 1); // [K]
  return tf.argMin(tf.sub(ee, tf.mul(tf.matMul(z, codes, false, true), 2)), 1);
}
