import { logSoftmax } from "../../tensor/ops/logSoftmax.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { type AdapterConfig, type ModalityConfig, patchSizeOf } from "./config.ts";

/** What a reconstruction is compared with. */
export interface ReconstructionTarget {
  /** [B, T, patch] of `patchify`. */
  readonly patches: Tensor;
  /** [B, T] 1 where the encoder saw the token: those do not count. */
  readonly visible: Tensor;
  /** [B] 1 where the sample has the modality at all; absent: all have. */
  readonly present?: Tensor;
  /** [B, T, patch] 1 where an element was really measured; absent: all were. */
  readonly known?: Tensor;
}

/**
 * Reconstruction error of one modality on what the encoder did not see.
 *
 *     per sample  Σ_hidden t mean_patch |x̂ − x|ᵖ / #hidden;   then the mean over samples with any hidden
 *
 * p = 2 (images, series, radar), p = 1 (heights), or the cross-entropy of classes. 0 when everything was
 * visible. Independent of what is predicted for visible tokens.
 *
 * @param predicted [B, T, target] of `decode`.
 * @returns [] ≥ 0.
 *
 * He et al. 2022, sec. 3, arXiv:2111.06377, without its per-patch normalisation.
 */
export function reconstructionLoss(
  { adapter, reconstruction = "mse" }: Pick<ModalityConfig, "adapter" | "reconstruction">,
  predicted: Tensor,
  { patches, visible, present, known }: ReconstructionTarget,
): Tensor {
  const perToken = tokenError(adapter, reconstruction, predicted, patches, known); // [B, T]
  const [B = 0] = visible.shape;
  let counted: Tensor = tf.sub(1, visible); // [B, T]
  if (present !== undefined) counted = tf.mul(counted, tf.reshape(present, [B, 1]));
  if (known !== undefined) counted = tf.mul(counted, tf.max(known, 2));
  const hidden = tf.sum(counted, 1); // [B]
  const perSample = tf.div(tf.sum(tf.mul(perToken, counted), 1), tf.maximum(hidden, 1)); // [B]
  const samples = tf.sum(tf.minimum(hidden, 1));
  return tf.div(tf.sum(perSample), tf.maximum(samples, 1));
}

function tokenError(
  adapter: AdapterConfig,
  kind: "mse" | "l1",
  predicted: Tensor,
  patches: Tensor,
  known: Tensor | undefined,
): Tensor {
  const [B = 0, T = 0] = patches.shape;
  let error: Tensor; // [B, T, patch]
  if (adapter.kind === "classMap" || adapter.kind === "tokens") {
    const classes = adapter.kind === "tokens" ? adapter.vocabulary : adapter.classes;
    const elements = patchSizeOf(adapter);
    const logits = tf.reshape(predicted, [B * T * elements, classes]);
    const wanted = tf.oneHot(tf.reshape(tf.cast(patches, "int32"), [-1]) as never, classes);
    error = tf.reshape(tf.neg(tf.sum(tf.mul(logSoftmax(logits), tf.cast(wanted, "float32")), 1)), [
      B,
      T,
      elements,
    ]);
  } else {
    const difference = tf.sub(predicted, patches);
    error = kind === "l1" ? tf.abs(difference) : tf.square(difference);
  }
  if (known === undefined) return tf.mean(error, 2);
  return tf.div(tf.sum(tf.mul(error, known), 2), tf.maximum(tf.sum(known, 2), 1));
}
