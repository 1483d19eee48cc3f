import { combineEmbeddings } from "../../../models/gmc/combine.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import type { GmcTask, InstantEmbeddings } from "./GmcTask.ts";

/** Names of the pairs of modalities, in the order of the modalities. */
export function pairsOf(names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const));
}

/** Share of equal entries, over the rows that `counts` lets count. */
export function accuracyOf(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  counts: (row: number) => boolean = () => true,
): number {
  let [hits, total] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (!counts(i)) continue;
    total++;
    if (predicted[i] === labels[i]) hits++;
  }
  return total === 0 ? Number.NaN : hits / total;
}

/** Names the class of every test instant from some modalities alone. */
export type SubsetPredictor = (
  names: readonly string[],
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/**
 * Accuracies of every subset that the study tells of: `accuracy/joint` of all, each modality alone, and
 * each pair.
 */
export async function scoreSubsets(
  names: readonly string[],
  task: GmcTask,
  predict: SubsetPredictor,
): Promise<Record<string, number>> {
  const { labels } = task.test;
  const all = await predict(names);
  const metrics: Record<string, number> = {
    "accuracy/joint": accuracyOf(all, labels),
    ...task.further?.("joint", all),
  };
  for (const name of names) {
    const predicted = await predict([name]);
    metrics[`accuracy/${name}`] = accuracyOf(predicted, labels);
    Object.assign(metrics, task.further?.(name, predicted));
  }
  if (names.length > 2)
    for (const pair of pairsOf(names))
      metrics[`accuracy/${pair.join("+")}`] = accuracyOf(await predict(pair), labels);
  return metrics;
}

/** GMC's rule: the joint's embedding of all modalities, the mean of embeddings of fewer. */
export function predictorOf(
  { joint, modalities }: InstantEmbeddings,
  classify: (z: HostTensor<"float32">) => ArrayLike<number>,
): SubsetPredictor {
  const count = Object.keys(modalities).length;
  return (names) =>
    classify(
      names.length === count
        ? joint
        : combineEmbeddings(names.flatMap((name) => modalities[name] ?? [])),
    );
}
