import { combineEmbeddings } from "../../../../models/gmc/combine.ts";
import type { HostTensor } from "../../../../tensor/HostTensor.ts";
import { gatherRows } from "../../../Examples.ts";
import { accuracyOf, pairsOf } from "../accuracyOf.ts";
import { dcaScores } from "../dcaScores.ts";
import { retrievalAt1 } from "../retrieval.ts";
import type { Classifier } from "../trainClassifier.ts";
import type { DigitSplits } from "./loadDigits.ts";

/** Embeddings of the test tuples, [N, s] each. */
export interface DigitEmbeddings {
  readonly joint: HostTensor<"float32">;
  readonly modalities: Readonly<Record<string, HostTensor<"float32">>>;
}

/**
 * What a classifier of the joint's embeddings makes of every subset's: all, each one alone, each pair.
 */
export function digitAccuracies(
  classify: Classifier,
  { joint, modalities }: DigitEmbeddings,
  splits: DigitSplits,
): Record<string, number> {
  const { labels } = splits.test;
  const of = (z: HostTensor<"float32">): number => accuracyOf(classify(z), labels);
  const metrics: Record<string, number> = { "accuracy/joint": of(joint) };
  for (const [name, z] of Object.entries(modalities)) metrics[`accuracy/${name}`] = of(z);
  const { speech } = modalities;
  if (speech !== undefined) metrics["accuracy/speech-unseen"] = unseen(classify(speech), splits);
  for (const [a, b] of pairsOf(Object.keys(modalities))) {
    const both = [modalities[a], modalities[b]].filter((z) => z !== undefined);
    metrics[`accuracy/${a}+${b}`] = of(combineEmbeddings(both));
  }
  return metrics;
}

/** Accuracy on the speakers that are not in the training tuples. */
export function unseen(predicted: ArrayLike<number>, splits: DigitSplits): number {
  const { labels, speakers } = splits.test;
  return accuracyOf(predicted, labels, (row) => !splits.knownSpeakers.has(speakers[row] ?? -1));
}

/** Alignment: retrieval of the picture of an act of writing by its trajectory, and DCA. */
export function digitAlignment(
  { joint, modalities }: DigitEmbeddings,
  { test }: DigitSplits,
  seed: number,
): Record<string, number> {
  const { trajectory, "pen-image": picture } = modalities;
  const metrics: Record<string, number> = {};
  if (trajectory !== undefined && picture !== undefined) {
    // A writing occurs in several tuples; each is asked for once.
    const first = new Map<number, number>();
    test.writings.forEach((writing, row) => {
      if (!first.has(writing)) first.set(writing, row);
    });
    const rows = [...first.values()];
    metrics["retrieval/trajectory->pen-image"] = retrievalAt1(
      gatherRows(trajectory, rows),
      gatherRows(picture, rows),
    );
  }
  return { ...metrics, ...dcaScores(joint, modalities, seed) };
}
