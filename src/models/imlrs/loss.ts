import { stopGradient } from "../../tensor/gradients.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { crossEntropy } from "../losses/crossEntropy.ts";
import { patchify } from "./adapters.ts";
import { type ClassTokens, classTokens } from "./classTokens.ts";
import type { ImlConfig } from "./config.ts";
import { distillFeatures, imlInfoNce } from "./contrast.ts";
import { decode } from "./decoders.ts";
import { classify, encode, type ImlInputs } from "./network.ts";
import type { ImlParams } from "./params.ts";
import { reconstructionLoss } from "./reconstruction.ts";

/** How class tokens are contrasted in pre-training. */
export interface ContrastOptions {
  /** `infonce`: as the paper describes. `dino`: as the released code has it. */
  readonly kind: "infonce" | "dino" | "off";
  /** Share of the contrast beside the reconstruction; 0.3 in the released code. */
  readonly weight: number;
  /** τ of InfoNCE; 0.1 by default, the paper does not say. */
  readonly temperature?: number;
  /** InfoNCE both ways. Default false. */
  readonly symmetric?: boolean;
  /** Whether the pure side is only a teacher, without a gradient. Always so with `dino`. */
  readonly stopTeacher?: boolean;
  /** What the pure vector z_m should find: the global vector, or its own fusion vector f_m. */
  readonly partner?: "global" | "fused";
}

/** The loss with its parts, all []. */
export interface ImlLoss {
  readonly loss: Tensor;
  readonly metrics: { readonly [name: string]: Tensor };
}

/**
 * Pre-training: reconstruct what was hidden, and tie each modality's class token to the fusion's.
 *
 *     L = Σ_m L_rec(m) + weight · L_con
 *
 * A modality without a visible token takes no part in the contrast, one that a sample lacks in neither.
 */
export function pretrainingLoss(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  inputs: ImlInputs,
  contrast: ContrastOptions,
): ImlLoss {
  const encoded = encode(params, config, inputs);
  const metrics: Record<string, Tensor> = {};
  let loss: Tensor = tf.scalar(0);
  for (const modality of config.modalities) {
    const input = inputs[modality.name];
    if (input === undefined) continue;
    const patches = patchify(modality.adapter, input.x);
    const [B = 0, T = 0] = patches.shape;
    const part = reconstructionLoss(
      modality,
      decode(params, config, encoded.fusion, modality.name),
      {
        patches,
        visible: input.visible ?? tf.ones([B, T]),
        ...(input.present !== undefined && { present: input.present }),
        ...(modality.missingFlags === true && { known: knownOf(patches) }),
      },
    );
    metrics[`reconstruct-${modality.name}`] = part;
    loss = tf.add(loss, part);
  }
  if (contrast.kind !== "off") {
    const part = contrastLoss(classTokens(params, config, encoded), contrast);
    metrics["contrast"] = part;
    loss = tf.add(loss, tf.mul(part, contrast.weight));
  }
  return { loss, metrics };
}

/**
 * Sum over modalities of the contrast between what a modality says alone and what fusion makes of it.
 *
 * @returns []
 */
export function contrastLoss(tokens: ClassTokens, options: ContrastOptions): Tensor {
  const { kind, temperature = 0.1, symmetric = false, stopTeacher = false } = options;
  const parts = Object.values(tokens.modalities).map(({ own, fused, seen }) => {
    if (kind === "dino")
      return distillFeatures(fused, own, {
        teacherTemperature: 0.04,
        studentTemperature: 0.1,
        present: seen,
      });
    const candidates = options.partner === "fused" ? fused : tokens.global;
    return imlInfoNce(stopTeacher ? stopGradient(own) : own, candidates, {
      temperature,
      symmetric,
      present: seen,
    });
  });
  return parts.reduce((sum: Tensor, part) => tf.add(sum, part), tf.scalar(0));
}

/** What classification is trained with, beside the inputs. */
export interface ImlTargets {
  /** [B] int32. */
  readonly labels: Tensor;
  /** [B] ≥ 0; 0 takes a row out. */
  readonly weights: Tensor;
  /** [B, D] dropout factors before the head. */
  readonly dropout: Tensor;
}

/**
 * Classification from the fusion tokens: mean cross-entropy with smoothed labels.
 *
 * @param smoothing Share of the target spread over all classes, in [0, 1).
 */
export function classificationLoss(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  inputs: ImlInputs,
  { labels, weights, dropout }: ImlTargets,
  smoothing: number,
): ImlLoss {
  const { classes } = config;
  const logits = classify(params, encode(params, config, inputs).fusion, dropout);
  const oneHot = tf.cast(tf.oneHot(labels as never, classes), "float32");
  const targets = tf.add(tf.mul(oneHot, 1 - smoothing), smoothing / classes);
  const isRight = tf.cast(tf.equal(tf.argMax(logits, 1), tf.cast(labels, "int32")), "float32");
  const accuracy = tf.div(tf.sum(tf.mul(isRight, weights)), tf.maximum(tf.sum(weights), 1));
  return { loss: crossEntropy(logits, targets, weights), metrics: { accuracy } };
}

/** Which elements of a patch were measured: the first half as its flags say, the flags always. */
function knownOf(patches: Tensor): Tensor {
  const [B = 0, T = 0, size = 0] = patches.shape;
  const flags = tf.slice(patches, [0, 0, size / 2], [B, T, size / 2]);
  return tf.concat([tf.sub(1, flags), tf.onesLike(flags)], 2);
}
