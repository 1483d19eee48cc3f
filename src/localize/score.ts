import type { Label } from "../frames/EventSpan.ts";
import type { Micros } from "../units.ts";

/** One answer of the model, as far as scoring needs it. */
export interface ScoredReading {
  readonly labelTime: Micros;
  /** [classes] natural log. */
  readonly logProbabilities: ArrayLike<number>;
}

/** How often a slot was answered right. */
export interface SlotScore {
  readonly correct: number;
  readonly total: number;
  /** correct / total; NaN where there is nothing to score. */
  readonly accuracy: number;
}

/** A label with its extent, predicted or true. */
export interface Extent {
  readonly label: string;
  readonly from: Micros;
  readonly to: Micros;
}

/** How well predicted extents agree with true ones. */
export interface EventScore {
  /** 2 · matched / (predicted + truth); NaN where there is neither. */
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly matched: number;
  readonly predicted: number;
  readonly truth: number;
}

/**
 * Per slot: how often, within a true word's interval, the true word has the best mean
 * log-probability among its slot's vocabulary.
 *
 * A word in whose interval no reading falls counts as wrong.
 *
 * @param readings Ascending in `labelTime`.
 * @param truth Words with their slots; those of no slot in `slots` are left out.
 * @param classes Names of the classes.
 * @param slots Vocabulary per slot.
 */
export function slotAccuracy(
  readings: readonly ScoredReading[],
  truth: readonly Pick<Label, "label" | "from" | "to" | "slot">[],
  {
    classes,
    slots,
  }: {
    readonly classes: readonly string[];
    readonly slots: Readonly<Record<string, readonly string[]>>;
  },
): Record<string, SlotScore> {
  const scores: Record<string, { correct: number; total: number }> = Object.fromEntries(
    Object.keys(slots).map((slot) => [slot, { correct: 0, total: 0 }]),
  );
  let start = 0;
  for (const { label, from, to, slot } of [...truth].sort((a, b) => a.from - b.from)) {
    const score = scores[slot];
    const words = slots[slot];
    if (score === undefined || words === undefined) continue;
    score.total++;
    while ((readings[start]?.labelTime ?? Infinity) < from) start++;
    const sums = new Float64Array(words.length);
    let count = 0;
    for (let i = start; (readings[i]?.labelTime ?? Infinity) < to; i++, count++)
      for (const [at, word] of words.entries())
        sums[at] =
          (sums[at] ?? 0) + (readings[i]?.logProbabilities[classes.indexOf(word)] ?? -Infinity);
    if (count > 0 && words[indexOfLargest(sums)] === label) score.correct++;
  }
  return Object.fromEntries(
    Object.entries(scores).map(([slot, { correct, total }]) => [
      slot,
      { correct, total, accuracy: correct / total },
    ]),
  );
}

/**
 * F1 of predicted against true extents: a pair matches when the labels agree and the intersection is
 * at least `iou` of the union; every extent matches once at most.
 *
 * From IoU 0.5 on, extents of one label that do not overlap one another leave no choice of partner, so
 * matching the best pairs first finds the largest number of matches.
 */
export function eventF1(
  predicted: readonly Extent[],
  truth: readonly Extent[],
  { iou = 0.5 }: { readonly iou?: number } = {},
): EventScore {
  const byLabel = new Map<string, (Extent & { index: number })[]>();
  for (const [index, extent] of truth.entries())
    byLabel.set(extent.label, [...(byLabel.get(extent.label) ?? []), { ...extent, index }]);
  const pairs = predicted.flatMap((extent, at) =>
    (byLabel.get(extent.label) ?? []).map((other) => ({
      at,
      index: other.index,
      overlap: intersectionOverUnion(extent, other),
    })),
  );
  const usedPredictions = new Set<number>();
  const usedTruths = new Set<number>();
  for (const { at, index, overlap } of pairs.sort((a, b) => b.overlap - a.overlap)) {
    if (overlap < iou || overlap === 0) break;
    if (usedPredictions.has(at) || usedTruths.has(index)) continue;
    usedPredictions.add(at);
    usedTruths.add(index);
  }
  const matched = usedPredictions.size;
  return {
    f1: (2 * matched) / (predicted.length + truth.length),
    precision: matched / predicted.length,
    recall: matched / truth.length,
    matched,
    predicted: predicted.length,
    truth: truth.length,
  };
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

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
