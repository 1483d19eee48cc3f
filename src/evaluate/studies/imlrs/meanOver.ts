import { type MetricTable, metricName } from "../../Study.ts";
import type { ModalitySubset } from "./protocol.ts";

/** Names of the subsets that lack a modality. */
export function incompleteSubsets(
  subsets: readonly ModalitySubset[],
  modalities: number,
): readonly string[] {
  return subsets.filter((subset) => subset.modalities.length < modalities).map(({ name }) => name);
}

/**
 * A variant's mean over subsets.
 *
 * @returns undefined if it was not tested on every one of them.
 */
export function meanOver(
  metrics: MetricTable,
  variant: string,
  among: readonly string[],
): number | undefined {
  const values = among.flatMap((name) => {
    const metric = metrics[metricName(`accuracy/${name}`, variant)];
    return metric === undefined ? [] : [metric.mean];
  });
  if (values.length === 0 || values.length < among.length) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
