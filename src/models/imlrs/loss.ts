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
import type { TokenGroup } from "./TokenGroup.ts";

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

/** How classification is learnt. */
export interface ClassificationOptions {
  /** Share of the target spread over all classes, in [0, 1); 0 unless given. */
  readonly smoothing?: number;
  /** Weight of each modality's own answer beside the fused one, ≥ 0; 0 unless given. */
  readonly own?: number;
}

/**
 * Classification: mean cross-entropy of the fused answer, and of what each modality says by itself.
 *
 *     L = CE(head(mean F)) + own · mean_m CE(head(mean of the tokens of m that are shown))
 *
 * The fused answer from one modality alone is rarely drawn among random combinations; the second term
 * teaches every modality whenever it is there, through the same head, at the price of that head. It
 * needs pure tokens, which the block mask gives. The paper has the first term alone.
 */
export function classificationLoss(
  params: ImlParams<Tensor>,
  config: ImlConfig,
  inputs: ImlInputs,
  { labels, weights, dropout }: ImlTargets,
  { smoothing = 0, own = 0 }: ClassificationOptions = {},
): ImlLoss {
  const { classes } = config;
  const { fusion, groups } = encode(params, config, inputs);
  const logits = classify(params, fusion, dropout);
  const oneHot = tf.cast(tf.oneHot(labels as never, classes), "float32");
  const targets = tf.add(tf.mul(oneHot, 1 - smoothing), smoothing / classes);
  const isRight = tf.cast(tf.equal(tf.argMax(logits, 1), tf.cast(labels, "int32")), "float32");
  const accuracy = tf.div(tf.sum(tf.mul(isRight, weights)), tf.maximum(tf.sum(weights), 1));
  const fused = crossEntropy(logits, targets, weights);
  if (own === 0) return { loss: fused, metrics: { accuracy } };
  const modalities = groups.reduce((sum, { names }) => sum + names.length, 0);
  const alone = groups.map((group) => {
    const G = group.names.length;
    const { mean, shown } = meanToken(group);
    const answers = classify(params, tf.expandDims(mean, 1), tf.tile(dropout, [G, 1]));
    const counted = tf.mul(tf.tile(weights, [G]), shown);
    return tf.mul(crossEntropy(answers, tf.tile(targets, [G, 1]), counted), G / modalities);
  });
  return { loss: tf.add(fused, tf.mul(tf.addN(alone), own)), metrics: { accuracy } };
}

/** Mean [G·B, D] of the tokens that may be read, and [G·B] 1 where there is any. */
function meanToken({ rows, readable }: TokenGroup): {
  readonly mean: Tensor;
  readonly shown: Tensor;
} {
  const [stacked = 0, T = 0] = rows.shape;
  if (readable === undefined) return { mean: tf.mean(rows, 1), shown: tf.ones([stacked]) };
  const count: Tensor = tf.sum(readable, 1, true); // [G·B, 1]
  const sum: Tensor = tf.sum(tf.mul(rows, tf.reshape(readable, [stacked, T, 1])), 1);
  return {
    mean: tf.div(sum, tf.maximum(count, 1)),
    shown: tf.reshape(tf.minimum(count, 1), [stacked]),
  };
}

/** Which elements of a patch were measured: the first half as its flags say, the flags always. */
function knownOf(patches: Tensor): Tensor {
  const [B = 0, T = 0, size = 0] = patches.shape;
  const flags = tf.slice(patches, [0, 0, size / 2], [B, T, size / 2]);
  return tf.concat([tf.sub(1, flags), tf.onesLike(flags)], 2);
}
