import { type Tensor, tf } from "../../tensor/tf.ts";

/** Weights of the two pulls of `commitment`. */
export interface CommitmentOptions {
  /** Pull towards the vector's own code; 0.5 in the released code for β = 0.25. */
  readonly own: number;
  /** Pull towards the code its partner modality chose at the same instant; half of `own`. */
  readonly cross: number;
}

/**
 * own · MSE(z, sg e_own) + cross · MSE(z, sg e_partner), each over rows of weight > 0 and all D.
 *
 * @param z [N, D], the only one that gets gradient; pass codes that depend on no weight.
 * @param own [N, D] code of each vector.
 * @param partner [N, D] code of the partner modality at the same instant.
 * @param weights [N] 1 where the modality is present.
 * @param pairWeights [N] 1 where the partner is present too.
 * @returns [] ≥ 0; 0 when z equals both codes.
 *
 * Xia et al. 2023, eq. 8 (CMG); scale of the released code.
 */
export function commitment(
  z: Tensor,
  own: Tensor,
  partner: Tensor,
  weights: Tensor,
  pairWeights: Tensor,
  options: CommitmentOptions,
): Tensor {
  return tf.add(
    tf.mul(meanSquare(z, own, weights), options.own),
    tf.mul(meanSquare(z, partner, pairWeights), options.cross),
  );
}

function meanSquare(z: Tensor, target: Tensor, weights: Tensor): Tensor {
  const difference = tf.sub(z, target); // [N, D]
  const perRow = tf.mean(tf.mul(difference, difference), 1); // [N]
  return tf.div(tf.sum(tf.mul(perRow, weights)), tf.maximum(tf.sum(weights), 1));
}
