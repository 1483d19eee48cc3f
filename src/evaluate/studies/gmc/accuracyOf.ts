/**
 * Names of the pairs of modalities as metrics carry them, in the order of the modalities: `a+b`.
 */
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
