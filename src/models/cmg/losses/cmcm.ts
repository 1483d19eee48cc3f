import { logSoftmax } from "../../../tensor/ops/logSoftmax.ts";
import { type Tensor, tf } from "../../../tensor/tf.ts";
import { codeDistances } from "../../codebook/nearestCode.ts";

/** Keeps the root's slope finite where a vector sits on a code. */
const FLOOR = 1e-12;

/**
 * Soft code histogram of each clip: P = mean_t softmax_k(−‖z_t − e_k‖), by distance, not its square.
 *
 * @param z [B, T, D]
 * @param codes [L, D] without gradient.
 * @returns [B, L], rows sum to 1.
 *
 * Liu et al. 2022, arXiv:2106.05438, as used by CMG.
 */
export function softHistogram(z: Tensor, codes: Tensor): Tensor {
  const [B = 0, T = 0, D = 0] = z.shape;
  const squares = codeDistances(tf.reshape(z, [B * T, D]), codes); // [B T, L]
  const soft = tf.softmax(tf.neg(tf.sqrt(tf.maximum(squares, FLOOR))));
  return tf.mean(tf.reshape(soft, [B, T, -1]), 1);
}

/** How `cmcmLoss` is computed. */
export interface CmcmOptions {
  /**
   * Off the diagonal: `mixed` pairs a_i with b_j in one term and b_i with a_j in the other (released
   * code); `symmetric` a_i with b_j in both.
   */
  readonly pairForm: "mixed" | "symmetric";
  /** Added inside the logarithm; 1e-10 in the released code. */
  readonly epsilon?: number;
}

/**
 * Clips should agree in their code histograms more than strangers do.
 *
 *     mixed       S(i,j) = Σ_k P_a(i,k) ln P_b(j,k) + Σ_k P_b(i,k) ln P_a(j,k)
 *     symmetric   S(i,j) = Σ_k P_a(i,k) ln P_b(j,k) + Σ_k P_b(j,k) ln P_a(i,k)
 *     L = −1/B Σ_i ln softmax_j S(i,·)[i]
 *
 * The released code shifts S by its maximum and adds 1e-5 to the sum; a log-sum-exp needs neither.
 *
 * @param a [B, L] histograms.
 * @param b [B, L]
 * @returns [] in nats; the caller's weight (½ in the released code) is not in it.
 */
export function cmcmLoss(a: Tensor, b: Tensor, { pairForm, epsilon = 1e-10 }: CmcmOptions): Tensor {
  const [logA, logB] = [tf.log(tf.add(a, epsilon)), tf.log(tf.add(b, epsilon))];
  const first = tf.matMul(a, logB, false, true); // [B, B]
  const second =
    pairForm === "mixed" ? tf.matMul(b, logA, false, true) : tf.matMul(logA, b, false, true);
  const [B = 1] = a.shape;
  const hits = tf.mul(logSoftmax(tf.add(first, second)), tf.eye(B));
  return tf.div(tf.sum(hits), -B);
}
