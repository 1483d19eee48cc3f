import { ConfigError } from "../errors.ts";
import type { Micros } from "../units.ts";
import type { Extent } from "./matchExtents.ts";

/** Which stretch is scored, and how it is cut. */
export interface SegmentOptions {
  /** The stretch [from, to); a rest shorter than a segment is left out. */
  readonly from: Micros;
  readonly to: Micros;
  /** Length of a segment, > 0. AVE and AVVP have 1 s. */
  readonly segment: Micros;
}

/** How well predicted extents agree with true ones, segment by segment. */
export interface SegmentScore {
  /** Segments scored. */
  readonly segments: number;
  /** Share of segments in which exactly the true labels are predicted, none counting as one more (AVE). */
  readonly accuracy: number;
  /** 2 · TP / (2 · TP + FP + FN) over all segments and labels; NaN where there is neither. */
  readonly f1: number;
  /** The same per label, averaged over the labels that occur in either (AVVP); NaN where none does. */
  readonly macroF1: number;
}

/**
 * Scores extents on segments of equal length. A segment has a label when its middle lies within an
 * extent of it; labels may overlap.
 *
 * With labels that exclude one another, `accuracy` is AVE's: the share of segments whose category,
 * background among them, is right.
 *
 * @throws {ConfigError} If `segment` is not > 0.
 *
 * Tian et al. 2018 (AVE), sec. 4, arXiv:1803.08842; Tian, Li, Xu 2020 (AVVP), sec. 4, arXiv:2007.10558.
 * AVVP averages over videos; a stream is one.
 */
export function segmentScore(
  predicted: readonly Extent[],
  truth: readonly Extent[],
  options: SegmentOptions,
): SegmentScore {
  const { from, to, segment } = options;
  if (!(segment > 0)) throw new ConfigError("segmentScore", `segment must be > 0, got ${segment}`);
  const segments = Math.max(Math.floor((to - from) / segment), 0);
  const found = labelsPerSegment(predicted, segments, options);
  const real = labelsPerSegment(truth, segments, options);
  const counts = new Map<string, { both: number; one: number }>();
  const count = (label: string): { both: number; one: number } => {
    const known = counts.get(label) ?? { both: 0, one: 0 };
    counts.set(label, known);
    return known;
  };
  let right = 0;
  for (const [index, labels] of found.entries()) {
    const others = real[index] ?? new Set<string>();
    let same = labels.size === others.size;
    for (const label of labels)
      if (others.has(label)) count(label).both++;
      else {
        count(label).one++;
        same = false;
      }
    for (const label of others) if (!labels.has(label)) count(label).one++;
    if (same) right++;
  }
  const all = [...counts.values()];
  const f1 = (both: number, one: number): number => (2 * both) / (2 * both + one);
  const sum = (pick: (of: { both: number; one: number }) => number): number =>
    all.reduce((total, each) => total + pick(each), 0);
  return {
    segments,
    accuracy: right / segments,
    f1: f1(
      sum(({ both }) => both),
      sum(({ one }) => one),
    ),
    macroF1: sum(({ both, one }) => f1(both, one)) / all.length,
  };
}

function labelsPerSegment(
  extents: readonly Extent[],
  segments: number,
  { from: start, segment }: SegmentOptions,
): Set<string>[] {
  const labels = Array.from({ length: segments }, () => new Set<string>());
  for (const { label, from, to } of extents) {
    // The first middle at or after `from`, and on while before `to`.
    const first = Math.max(Math.ceil((from - start) / segment - 0.5), 0);
    for (let at = first; at < segments && start + (at + 0.5) * segment < to; at++)
      labels[at]?.add(label);
  }
  return labels;
}
