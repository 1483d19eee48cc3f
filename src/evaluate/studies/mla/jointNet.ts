import { initLinear, type LinearParams, linear } from "../../../models/layers/Linear.ts";
import type { Uniform } from "../../../models/layers/Uniform.ts";
import { crossEntropy } from "../../../models/losses/crossEntropy.ts";
import type { MlaConfig } from "../../../models/mla/config.ts";
import { type EncoderParams, encode, initEncoder } from "../../../models/mla/network.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { type Tensor, type Tensor1D, tf } from "../../../tensor/tf.ts";

/**
 * What a network that trains all modalities in one step reads its answer from.
 *
 * `concat`: one head over all features side by side; `flags` adds which inputs are there. `shared`: the
 * one head of MLA on each modality, the losses summed: alternating training without the alternation.
 */
export type Readout = "concat" | "concat-flags" | "shared";

/** Weights: MLA's encoders under another head, or under its own. */
export type JointParams<L> = {
  readonly encoders: { readonly [modality: string]: EncoderParams<L> };
  readonly head: LinearParams<L>;
};

/** A batch of all modalities, inside a program. */
export interface JointBatch {
  /** Per modality [B, ...input], zeros where absent. */
  readonly x: { readonly [modality: string]: Tensor };
  /** [B, M] 1 where present. */
  readonly present: Tensor;
  /** [B] int32 */
  readonly labels: Tensor;
  /** [B, M · s] factors on the features. */
  readonly dropout: Tensor;
}

/** Fresh weights of the same encoders as MLA's. */
export function initJoint(
  config: MlaConfig,
  readout: Readout,
  uniform: Uniform,
): JointParams<HostTensor<"float32">> {
  const names = Object.keys(config.modalities);
  const inputs =
    readout === "shared"
      ? config.width
      : names.length * (config.width + (readout === "concat-flags" ? 1 : 0));
  return {
    encoders: Object.fromEntries(
      Object.entries(config.modalities).map(([name, encoder]) => [
        name,
        initEncoder(encoder, config.width, uniform),
      ]),
    ),
    head: initLinear(uniform, inputs, config.classes),
  };
}

/** [B, C] of a `concat` readout. */
export function jointLogits(
  config: MlaConfig,
  readout: Readout,
  params: JointParams<Tensor>,
  { x, present, dropout }: Omit<JointBatch, "labels" | "dropout"> & { readonly dropout?: Tensor },
): Tensor {
  const all = tf.concat(featuresOf(config, params, x), 1); // [B, M · s]
  const dropped = dropout === undefined ? all : tf.mul(all, dropout);
  return linear(
    params.head,
    readout === "concat-flags" ? tf.concat([dropped, present], 1) : dropped,
  );
}

/** [] cross-entropy: of the one answer, or summed over the modalities that are there. */
export function jointLoss(
  config: MlaConfig,
  readout: Readout,
  params: JointParams<Tensor>,
  batch: JointBatch,
): Tensor {
  const { classes, width, labelSmoothing } = config;
  const rows = batch.labels.shape[0] ?? 0;
  const hard = tf.cast(tf.oneHot(batch.labels as Tensor1D, classes), "float32");
  const targets = tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
  if (readout !== "shared")
    return crossEntropy(jointLogits(config, readout, params, batch), targets, tf.ones([rows]));
  const losses = featuresOf(config, params, batch.x).map((features, m) => {
    const mask = tf.slice(batch.dropout, [0, m * width], [rows, width]);
    const weights = tf.reshape(tf.slice(batch.present, [0, m], [rows, 1]), [rows]);
    return crossEntropy(linear(params.head, tf.mul(features, mask)), targets, weights);
  });
  return tf.addN(losses);
}

function featuresOf(
  { modalities }: MlaConfig,
  { encoders }: JointParams<Tensor>,
  x: JointBatch["x"],
): Tensor[] {
  return Object.entries(modalities).flatMap(([name, encoder]) => {
    const [params, input] = [encoders[name], x[name]];
    return params === undefined || input === undefined ? [] : [encode(encoder, params, input)];
  });
}
