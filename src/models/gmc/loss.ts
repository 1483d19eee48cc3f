import { ConfigError, ShapeError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";

/** Which of the three published functions: see `gmcLoss`. */
export type GmcForm = "code" | "paper" | "ablation";

/** How the contrast between a modality and the joint is computed. */
export interface GmcLossOptions {
  /** Softmax temperature τ > 0; 0.1 in every published run. */
  readonly temperature: number;
  /** Default `code`: bounded below by 0, and the one every reported result used. */
  readonly form?: GmcForm;
  /**
   * [B] 1 where the sample has this modality, else 0. Absent samples are neither anchors nor
   * negatives. Form `code` only.
   */
  readonly present?: Tensor;
  /**
   * [B, B] 1 where sample j may be a negative of sample i, else 0 (the diagonal does not matter).
   * In a stream many instants say the same word; as negatives they would push equals apart. Form
   * `code` only.
   */
  readonly negatives?: Tensor;
  /** Earlier instants, as further negatives: small batches have few of their own. Form `code` only. */
  readonly queue?: GmcQueueColumns;
}

/** Embeddings of earlier instants, without gradient. */
export interface GmcQueueColumns {
  /** [Q, S] */
  readonly joint: Tensor;
  /** [Q, S] */
  readonly modality: Tensor;
  /** [B, Q] 1 where entry q may be a negative of sample i, else 0. */
  readonly allowed: Tensor;
}

const EXCLUDED = -1e9;

/**
 * Contrast of one modality with the joint: sample i of one should pick out sample i of the other.
 *
 * With S = Z·Zᵀ/τ, s_ab = z_a·z_bᵀ/τ, B samples, J the joint:
 *
 *     code      Z = [Z_J ; Z_m],  L = 1/2B Σ_a [ logsumexp_{b≠a} S_ab − S_a,pos(a) ],  pos(a) = (a+B) mod 2B
 *     paper     L = Σ_i −log( e^{s_mJ(i,i)} / Σ_{j≠i} [ e^{s_mJ(i,j)} + e^{s_mm(i,j)} + e^{s_JJ(i,j)} ] )
 *     ablation  L = 1/B Σ_i −log( e^{s_mJ(i,i)} / Σ_{j≠i} e^{s_JJ(i,j)} )
 *
 * The loss of a model is the sum over its modalities.
 *
 * @param joint [B, S], rows of unit length.
 * @param modality [B, S], rows of unit length; row i is the same instant as row i of `joint`.
 * @returns [] in nats. `code` ≥ 0, and 0 for B = 1; the others may be negative.
 * @throws {ShapeError} If the two differ in shape.
 * @throws {ConfigError} If τ ≤ 0, B < 2 in another form than `code`, or masks or a queue in another form.
 *
 * Poklukar et al. 2022, sec. 3, arXiv:2202.03390; `code` is the function of the released code, which
 * is not that of the paper.
 */
export function gmcLoss(joint: Tensor, modality: Tensor, options: GmcLossOptions): Tensor {
  const { temperature, form = "code", present, negatives, queue } = options;
  const [B = 0] = joint.shape;
  if (joint.rank !== 2 || joint.shape.join() !== modality.shape.join())
    throw new ShapeError(
      "gmcLoss",
      `expected two [B, S], got [${joint.shape}] and [${modality.shape}]`,
    );
  if (!(temperature > 0))
    throw new ConfigError("gmcLoss", `temperature must be > 0, got ${temperature}`);
  if (form !== "code") {
    if (B < 2) throw new ConfigError("gmcLoss", `form ${form} needs B >= 2, got ${B}`);
    if (present !== undefined || negatives !== undefined || queue !== undefined)
      throw new ConfigError("gmcLoss", `masks and queue are of form "code", got "${form}"`);
    return form === "paper"
      ? paperForm(joint, modality, temperature)
      : ablationForm(joint, modality, temperature);
  }

  const all = tf.concat([joint, modality], 0); // [2B, S]
  const similarity = tf.div(tf.matMul(all, all, false, true), temperature); // [2B, 2B]
  const eye = tf.eye(B); // [B, B]
  let allowed: Tensor = tf.sub(1, tf.eye(2 * B)); // [2B, 2B], all but the anchor itself
  if (negatives !== undefined) {
    // The positive sits on the diagonal of the cross blocks and always stays.
    const off = tf.mul(negatives, tf.sub(1, eye));
    const cross = tf.add(off, eye);
    allowed = tf.concat([tf.concat([off, cross], 1), tf.concat([cross, off], 1)], 0);
  }
  if (present !== undefined) allowed = tf.mul(allowed, tf.reshape(tf.tile(present, [2]), [1, -1]));

  const columns = [tf.add(similarity, tf.mul(tf.sub(1, allowed), EXCLUDED))];
  if (queue !== undefined) {
    const entries = tf.concat([queue.joint, queue.modality], 0); // [2Q, S]
    const distant = tf.div(tf.matMul(all, entries, false, true), temperature); // [2B, 2Q]
    columns.push(tf.add(distant, tf.mul(tf.sub(1, tf.tile(queue.allowed, [2, 2])), EXCLUDED)));
  }
  const denominator = tf.logSumExp(tf.concat(columns, 1), 1); // [2B]
  const positive = tf.tile(tf.div(tf.sum(tf.mul(joint, modality), 1), temperature), [2]); // [2B]
  const perAnchor = tf.sub(denominator, positive);
  if (present === undefined) return tf.mean(perAnchor);
  const weights = tf.tile(present, [2]); // [2B]
  return tf.div(tf.sum(tf.mul(perAnchor, weights)), tf.maximum(tf.sum(weights), 1));
}

function paperForm(joint: Tensor, modality: Tensor, temperature: number): Tensor {
  const cross = tf.div(tf.matMul(modality, joint, false, true), temperature); // [B, B]
  const within = tf.div(tf.matMul(modality, modality, false, true), temperature);
  const joints = tf.div(tf.matMul(joint, joint, false, true), temperature);
  const own = tf.eye(joint.shape[0] ?? 0); // [B, B]
  const masked = tf.concat(
    [cross, within, joints].map((block) => tf.add(block, tf.mul(own, EXCLUDED))),
    1,
  ); // [B, 3B]
  return tf.sum(tf.sub(tf.logSumExp(masked, 1), tf.sum(tf.mul(cross, own), 1)));
}

function ablationForm(joint: Tensor, modality: Tensor, temperature: number): Tensor {
  const joints = tf.div(tf.matMul(joint, joint, false, true), temperature); // [B, B]
  const own = tf.eye(joint.shape[0] ?? 0);
  const positive = tf.div(tf.sum(tf.mul(joint, modality), 1), temperature); // [B]
  return tf.mean(tf.sub(tf.logSumExp(tf.add(joints, tf.mul(own, EXCLUDED)), 1), positive));
}
