import type { Extent } from "./matchExtents.ts";
import { eventF1 } from "./score.ts";
import { type SegmentOptions, segmentScore } from "./segmentScore.ts";

/** An extent and the streams in which it is to be sensed. */
export interface ModalityExtent extends Extent {
  /** Streams that carry it: one (heard or seen only) or several. */
  readonly modalities: readonly string[];
}

/** Segment- and event-level F1. */
export interface LevelScore {
  /** See `SegmentScore.macroF1`. */
  readonly segment: number;
  /** See `eventF1`. */
  readonly event: number;
}

/** How well events are told apart by what carries them. */
export interface ModalityScore {
  /** Per stream: the events that it carries, whoever else does. */
  readonly streams: Readonly<Record<string, LevelScore>>;
  /** Events that every stream carries: audio-visual ones. */
  readonly all: LevelScore;
  /** Mean of the ones above: `Type@AV`. */
  readonly type: LevelScore;
  /** All streams' events counted together, each stream's label one of its own: `Event@AV`. */
  readonly event: LevelScore;
}

/**
 * The five scores of audio-visual video parsing, for any streams.
 *
 * @param iou Overlap from which on an event counts as found; AVVP has 0.5.
 *
 * Tian, Li, Xu 2020 (AVVP), sec. 4, arXiv:2007.10558; its scores of a stream without any event, predicted
 * or true, are 1, as in its released code.
 */
export function modalityScore(
  predicted: readonly ModalityExtent[],
  truth: readonly ModalityExtent[],
  { streams, iou = 0.5, ...cut }: SegmentOptions & { streams: readonly string[]; iou?: number },
): ModalityScore {
  const score = (found: readonly Extent[], real: readonly Extent[]): LevelScore => ({
    segment: orOne(segmentScore(found, real, cut).macroF1),
    event: orOne(eventF1(found, real, { iou }).f1),
  });
  const of = (extents: readonly ModalityExtent[], stream: string): ModalityExtent[] =>
    extents.filter(({ modalities }) => modalities.includes(stream));
  const shared = (extents: readonly ModalityExtent[]): ModalityExtent[] =>
    extents.filter(({ modalities }) => streams.every((stream) => modalities.includes(stream)));
  const apart = (extents: readonly ModalityExtent[]): Extent[] =>
    streams.flatMap((stream) =>
      of(extents, stream).map((extent) => ({ ...extent, label: `${stream}: ${extent.label}` })),
    );
  const own = streams.map((stream) => [stream, score(of(predicted, stream), of(truth, stream))]);
  const all = score(shared(predicted), shared(truth));
  const levels = [...own.map(([, level]) => level as LevelScore), all];
  const mean = (pick: (level: LevelScore) => number): number =>
    levels.reduce((sum, level) => sum + pick(level), 0) / levels.length;
  return {
    streams: Object.fromEntries(own),
    all,
    type: { segment: mean(({ segment }) => segment), event: mean(({ event }) => event) },
    event: score(apart(predicted), apart(truth)),
  };
}

function orOne(f1: number): number {
  return Number.isNaN(f1) ? 1 : f1;
}
