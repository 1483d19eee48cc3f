import type { Label } from "../frames/EventSpan.ts";
import { argMax } from "../tensor/argMax.ts";
import { type Micros, micros } from "../units.ts";
import { type Extent, matchExtents } from "./matchExtents.ts";

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
    if (count > 0 && words[argMax(sums)] === label) score.correct++;
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
 * at least `iou` of the union; every extent matches once at most (`matchExtents`).
 */
export function eventF1(
  predicted: readonly Extent[],
  truth: readonly Extent[],
  { iou = 0.5 }: { readonly iou?: number } = {},
): EventScore {
  const matched = matchExtents(predicted, truth, iou).length;
  return {
    f1: (2 * matched) / (predicted.length + truth.length),
    precision: matched / predicted.length,
    recall: matched / truth.length,
    matched,
    predicted: predicted.length,
    truth: truth.length,
  };
}

/**
 * How far the onsets of found events lie from the true ones, without sign.
 *
 * @param iou Overlap from which on an event counts as found.
 * @returns One per pair that matches, in the order of `predicted`, in µs.
 */
export function onsetErrors(
  predicted: readonly Extent[],
  truth: readonly Extent[],
  { iou = 0.5 }: { readonly iou?: number } = {},
): Micros[] {
  return matchExtents(predicted, truth, iou).map(({ predicted: found, truth: real }) =>
    micros(Math.abs(found.from - real.from)),
  );
}
