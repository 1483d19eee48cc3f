import type { EventSpan, Label } from "../frames/EventSpan.ts";
import type { Reading } from "../frames/Reading.ts";
import type { Extent } from "../localize/matchExtents.ts";
import { eventF1, onsetErrors, slotAccuracy } from "../localize/score.ts";
import { segmentScore } from "../localize/segmentScore.ts";
import { subsetMasks } from "../models/unified/fuse.ts";
import { type Micros, micros, toSeconds } from "../units.ts";
import { AccuracyCount } from "./AccuracyCount.ts";
import { GapWatch } from "./GapWatch.ts";
import type { VersionsReport } from "./Learning.ts";
import { Percentiles } from "./Percentiles.ts";
import type { PipelineRun } from "./PipelineRun.ts";

/** Overlap from which on a span counts as found: intersection over union. */
const IOU = 0.5;
/** Overlaps that the events are scored at besides. */
const IOUS = [0.3, 0.5, 0.7] as const;
/** Events told of a run without end, the newest. */
const MOST_EVENTS = 10_000;

/** What came of a run, as `--json` prints it. Times are seconds from the start of the feed. */
export interface RunSummary {
  readonly pipeline: string;
  readonly feed: string;
  readonly model: string;
  readonly device: string;
  readonly pace: string;
  readonly lookAheadMs: number;
  /** Grid instants that got their frameset. */
  readonly framesets: number;
  /** Grid instants that the model answered. */
  readonly readings: number;
  /** In their final form; of a feed that starts over the last 10,000. */
  readonly events: readonly {
    readonly label: string;
    readonly from: number;
    readonly to: number;
    readonly score: number;
    readonly modalities: readonly string[];
  }[];
  /** Share of true labels whose slot's best class was theirs; null where the feed knows no truth. */
  readonly slotAccuracy: Readonly<Record<string, number>> | null;
  /**
   * Share of all true labels that each subset of the streams named right, by its streams joined by `+`, as
   * every reading tells what they would have said; null where the feed knows no truth.
   */
  readonly subsetAccuracy: Readonly<Record<string, number>> | null;
  /** Over all labels, at an overlap of one half; null where the feed knows no truth. */
  readonly eventF1: number | null;
  /** How well the events agree with the truth in other ways; null where the feed knows no truth. */
  readonly localisation: {
    /** Event F1 by the overlap from which on an event counts as found. */
    readonly eventF1: Readonly<Record<string, number>>;
    /** Of events found at an overlap of one half: median distance of onsets; null where none is found. */
    readonly onsetErrorMs: number | null;
    /** Rows as segments (AVE): share in which exactly the true labels are found. */
    readonly segmentAccuracy: number;
    /** Rows as segments (AVVP), over all labels. */
    readonly segmentF1: number;
  } | null;
  /** Time between an event's end and its final form, beyond the look-ahead. */
  readonly finalDelayMs: number;
  /** Longest time between two readings on the run's clock. */
  readonly outputGapMs: number;
  /** See `Delay.total`. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Frames and messages that were not used, by reason, all streams together. */
  readonly dropped: Readonly<Record<string, number>>;
  /** How the learning went, where something learnt or the version changed. */
  readonly learning?: {
    readonly serving: string;
    /** Changes of what serves. */
    readonly changes: number;
    readonly learner?: VersionsReport["learner"];
  };
  /** How each stream was in the end. */
  readonly streams: Readonly<
    Record<string, { readonly state: string; readonly dropped: Readonly<Record<string, number>> }>
  >;
}

/**
 * Takes down a run from its first moment to its last, and says what came of it.
 *
 * Of a feed that starts over the first time through is scored. Bounded by its truth, however long the run is.
 */
export class RunReport {
  readonly #run: PipelineRun;
  readonly #gaps = new GapWatch();
  readonly #delays = new Percentiles();
  readonly #events: EventSpan[] = [];
  /** Those that are scored. */
  readonly #scored: EventSpan[] = [];
  readonly #answers: { readonly labelTime: Micros; readonly logProbabilities: Float32Array }[] = [];
  readonly #subsets: Pick<Reading, "labelTime" | "subsets">[] = [];

  /** @param run A run that has not been let go yet. */
  constructor(run: PipelineRun) {
    this.#run = run;
    run.moments.subscribe({
      next: ({ answer, reading, delay }) => {
        this.#gaps.heard(run.now());
        this.#delays.record(delay.total);
        const { labelTime, logProbabilities } = answer;
        if (labelTime >= this.#scoredUntil) return;
        this.#answers.push({ labelTime, logProbabilities });
        this.#subsets.push({ labelTime, subsets: reading.subsets });
      },
      error: () => undefined, // `go` tells
    });
    run.events.subscribe((spans) => {
      for (const span of spans) if (span.state === "final") this.#keep(span);
    });
  }

  /** What is said of a later time is not scored: never anything where nobody knows the truth. */
  get #scoredUntil(): number {
    const { feed, loop } = this.#run.options;
    if (feed.truth.length === 0) return Number.NEGATIVE_INFINITY;
    return loop && feed.duration !== undefined ? this.#run.origin + feed.duration : Infinity;
  }

  #keep(span: EventSpan): void {
    if (span.from < this.#scoredUntil) this.#scored.push(span);
    this.#events.push(span);
    if (this.#run.options.loop && this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  /** What came of the run so far. */
  summary(): RunSummary {
    const { definition, options, model, origin } = this.#run;
    const truth = options.feed.truth.map((label) => ({
      ...label,
      from: (label.from + origin) as Micros,
      to: (label.to + origin) as Micros,
    }));
    const streams = this.#run.streams();
    const dropped: Record<string, number> = {};
    for (const { counters } of streams)
      for (const [reason, count] of Object.entries(counters))
        dropped[reason] = (dropped[reason] ?? 0) + count;
    const { framesets, moments, refusedRows } = this.#run.counters();
    if (refusedRows > 0) dropped["stage"] = refusedRows;
    const { serving, changes, learner } = this.#run.learning.report();
    const accuracy =
      truth.length === 0
        ? null
        : slotAccuracy(this.#answers, truth, {
            classes: model.classes,
            slots: definition.slots,
          });
    return {
      pipeline: definition.name,
      feed: options.feed.name,
      model: model.version,
      device: model.device,
      pace: options.pace,
      lookAheadMs: model.lookAhead / 1_000,
      framesets,
      readings: moments,
      events: this.#events.map(({ label, from, to, score, modalities }) => ({
        label,
        from: secondsFrom(origin, from),
        to: secondsFrom(origin, to),
        score: rounded(score),
        modalities,
      })),
      slotAccuracy:
        accuracy &&
        Object.fromEntries(
          Object.entries(accuracy).map(([slot, { accuracy: share }]) => [slot, rounded(share)]),
        ),
      subsetAccuracy: truth.length === 0 ? null : this.#accuracyBySubset(truth),
      eventF1: truth.length === 0 ? null : rounded(eventF1(this.#scored, truth, { iou: IOU }).f1),
      localisation: truth.length === 0 ? null : this.#localisation(truth),
      finalDelayMs: this.#run.finalDelay / 1_000,
      outputGapMs: this.#gaps.longest / 1_000,
      latencyMs: { p50: this.#delays.at(50) / 1_000, p99: this.#delays.at(99) / 1_000 },
      dropped,
      ...((learner !== undefined || changes.length > 1) && {
        learning: { serving, changes: changes.length - 1, ...(learner && { learner }) },
      }),
      streams: Object.fromEntries(
        streams.map(({ stream, state, counters }) => [stream, { state, dropped: counters }]),
      ),
    };
  }

  #accuracyBySubset(truth: readonly Label[]): Record<string, number> {
    const { definition, options, model } = this.#run;
    const counted = Object.keys(definition.streams).filter(
      (stream) =>
        !options.without.includes(stream) &&
        (!definition.answerStreams.includes(stream) || options.answerWith.includes(stream)),
    );
    const subsets = subsetMasks(counted.length).map((mask) =>
      counted.filter((_, at) => mask[at] === 1),
    );
    const count = new AccuracyCount(subsets, model.prior);
    const answers = count.start();
    for (const { labelTime, subsets: said } of this.#subsets) answers.push(labelTime, said);
    const { classes } = model;
    answers.finish((readings) =>
      slotAccuracy(readings, truth, { classes, slots: definition.slots }),
    );
    return Object.fromEntries(
      Object.entries(count.accuracies()).map(([key, share]) => [key, rounded(share)]),
    );
  }

  #localisation(truth: readonly Extent[]): NonNullable<RunSummary["localisation"]> {
    const { definition, options, origin } = this.#run;
    const { period: segment } = definition.grid;
    const end = options.feed.duration ?? truth.reduce((last, { to }) => Math.max(last, to), 0);
    const to = micros(origin + end);
    const { accuracy, f1 } = segmentScore(this.#scored, truth, { from: origin, to, segment });
    const onset = medianOf(onsetErrors(this.#scored, truth, { iou: IOU }));
    return {
      eventF1: Object.fromEntries(
        IOUS.map((iou) => [String(iou), rounded(eventF1(this.#scored, truth, { iou }).f1)]),
      ),
      onsetErrorMs: onset === undefined ? null : onset / 1_000,
      segmentAccuracy: rounded(accuracy),
      segmentF1: rounded(f1),
    };
  }
}

function medianOf(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];
}

function secondsFrom(origin: Micros, time: Micros): number {
  return toSeconds((time - origin) as Micros);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
