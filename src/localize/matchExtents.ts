import type { Micros } from "../units.ts";

/** A label with its extent, predicted or true. */
export interface Extent {
  readonly label: string;
  readonly from: Micros;
  readonly to: Micros;
}

/** A predicted and a true extent that belong together. */
export interface Match<P extends Extent, T extends Extent> {
  readonly predicted: P;
  readonly truth: T;
  /** Intersection over union, in [0, 1]. */
  readonly overlap: number;
}

/** Shared time over covered time, in [0, 1]. */
export function intersectionOverUnion(
  a: Pick<Extent, "from" | "to">,
  b: Pick<Extent, "from" | "to">,
): number {
  const shared = Math.max(Math.min(a.to, b.to) - Math.max(a.from, b.from), 0);
  const union = a.to - a.from + (b.to - b.from) - shared;
  return union > 0 ? shared / union : 0;
}

/**
 * The largest set of pairs of one label that overlap enough, every extent in one pair at most.
 *
 * Augmenting paths (Kuhn 1955) over the pairs, best overlap first: below an overlap of one half an extent
 * may fit several, and taking the best pair first can leave another without any.
 *
 * @param iou Least intersection over union, in (0, 1].
 * @returns In the order of `predicted`.
 */
export function matchExtents<P extends Extent, T extends Extent>(
  predicted: readonly P[],
  truth: readonly T[],
  iou: number,
): Match<P, T>[] {
  const byLabel = new Map<string, T[]>();
  for (const extent of truth)
    byLabel.set(extent.label, [...(byLabel.get(extent.label) ?? []), extent]);
  const choices = new Map(
    predicted.map((extent) => [
      extent,
      (byLabel.get(extent.label) ?? [])
        .map((other) => ({ other, overlap: intersectionOverUnion(extent, other) }))
        .filter(({ overlap }) => overlap > 0 && overlap >= iou)
        .sort((a, b) => b.overlap - a.overlap),
    ]),
  );
  const partner = new Map<T, P>();
  const place = (extent: P, tried: Set<T>): boolean => {
    for (const { other } of choices.get(extent) ?? []) {
      if (tried.has(other)) continue;
      tried.add(other);
      const rival = partner.get(other);
      if (rival !== undefined && !place(rival, tried)) continue;
      partner.set(other, extent);
      return true;
    }
    return false;
  };
  for (const extent of predicted) place(extent, new Set());
  const matched = new Map([...partner].map(([other, extent]) => [extent, other]));
  return predicted.flatMap((extent) => {
    const other = matched.get(extent);
    if (other === undefined) return [];
    return [{ predicted: extent, truth: other, overlap: intersectionOverUnion(extent, other) }];
  });
}
