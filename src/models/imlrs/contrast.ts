import { ConfigError } from "../../errors.ts";
import { stopGradient } from "../../tensor/gradients.ts";
import { logSoftmax } from "../../tensor/ops/logSoftmax.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { unitLength } from "../layers/unitLength.ts";

/** How the contrast is computed. */
export interface InfoNceOptions {
  /** τ > 0 */
  readonly temperature: number;
  /** Also asks each candidate for its anchor, and takes the mean of both. Default false. */
  readonly symmetric?: boolean;
  /** [B] 1 where both sides exist, else 0: the others are neither anchors nor candidates. */
  readonly present?: Tensor;
}

const EXCLUDED = 1e9;

/**
 * InfoNCE over a batch: anchor i should find candidate i among all candidates.
 *
 *     s_ij = ⟨â_i, ĉ_j⟩ / τ,   L = −(1/B) Σ_i log( e^{s_ii} / Σ_j e^{s_ij} )
 *
 * @param anchors [B, D], normalised here; `candidates` alike.
 * @returns [] in nats, ≥ 0; ln B when all similarities are equal; 0 when nothing is present.
 * @throws {ConfigError} If τ ≤ 0.
 *
 * van den Oord et al. 2018, eq. 4, arXiv:1807.03748.
 */
export function imlInfoNce(
  anchors: Tensor,
  candidates: Tensor,
  { temperature, symmetric = false, present }: InfoNceOptions,
): Tensor {
  if (!(temperature > 0))
    throw new ConfigError("imlInfoNce", `temperature must be > 0, got ${temperature}`);
  const [B = 0] = anchors.shape;
  const similarity = tf.div(
    tf.matMul(unitLength(anchors), unitLength(candidates), false, true),
    temperature,
  ); // [B, B]
  const oneWay = (scores: Tensor): Tensor => {
    const masked =
      present === undefined
        ? scores
        : tf.add(scores, tf.mul(tf.sub(tf.reshape(present, [1, B]), 1), EXCLUDED));
    return tf.neg(tf.sum(tf.mul(logSoftmax(masked), tf.eye(B)), 1)); // [B]
  };
  const there = oneWay(similarity);
  const perAnchor = symmetric
    ? tf.mul(tf.add(there, oneWay(tf.transpose(similarity))), 0.5)
    : there;
  return weightedMean(perAnchor, present);
}

/** Temperatures of the self-distillation form. */
export interface DistillOptions {
  readonly teacherTemperature: number;
  readonly studentTemperature: number;
  /** [B] 1 where both sides exist, else 0. */
  readonly present?: Tensor;
}

/**
 * The released code's contrast: the student's softmax over features follows the teacher's.
 *
 *     L = −(1/B) Σ_i Σ_d softmax(t̂_i / τ_t)_d · log softmax(ŝ_i / τ_s)_d,   no gradient through t
 *
 * Without centring or a moving average it can collapse to one feature; reconstruction beside it is what
 * prevents that.
 *
 * @param student [B, D], normalised here; `teacher` alike.
 * @returns [] in nats.
 * @throws {ConfigError} If a temperature is not positive.
 *
 * The form of DINO (Caron et al. 2021, eq. 2, arXiv:2104.14294) as IML-RS's code uses it.
 */
export function distillFeatures(
  student: Tensor,
  teacher: Tensor,
  { teacherTemperature, studentTemperature, present }: DistillOptions,
): Tensor {
  if (!(teacherTemperature > 0) || !(studentTemperature > 0))
    throw new ConfigError(
      "distillFeatures",
      `temperatures must be > 0, got ${teacherTemperature} and ${studentTemperature}`,
    );
  const target = stopGradient(tf.softmax(tf.div(unitLength(teacher), teacherTemperature))); // [B, D]
  const answer = logSoftmax(tf.div(unitLength(student), studentTemperature));
  return weightedMean(tf.neg(tf.sum(tf.mul(target, answer), 1)), present);
}

function weightedMean(perRow: Tensor, present: Tensor | undefined): Tensor {
  if (present === undefined) return tf.mean(perRow);
  return tf.div(tf.sum(tf.mul(perRow, present)), tf.maximum(tf.sum(present), 1));
}
