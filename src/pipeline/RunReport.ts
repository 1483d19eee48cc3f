import type { EventSpan } from "../frames/EventSpan.ts";
import { eventF1, slotAccuracy } from "../localize/score.ts";
import type { Micros } from "../units.ts";
import { toSeconds } from "../units.ts";
import { GapWatch } from "./GapWatch.ts";
import type { VersionsReport } from "./Learning.ts";
import { Percentiles } from "./Percentiles.ts";
import type { PipelineRun } from "./PipelineRun.ts";

/** Overlap from which on a span counts as found: intersection over union. */
const IOU = 0.5;

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
  readonly events: readonly {
    readonly label: string;
    readonly from: number;
    readonly to: number;
    readonly score: number;
    readonly modalities: readonly string[];
  }[];
  /** Share of true labels whose slot's best class was theirs; null where the feed knows no truth. */
  readonly slotAccuracy: Readonly<Record<string, number>> | null;
  /** Over all labels, at an overlap of one half; null where the feed knows no truth. */
  readonly eventF1: number | null;
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

/** Takes down a run from its first moment to its last, and says what came of it. */
export class RunReport {
  readonly #run: PipelineRun;
  readonly #gaps = new GapWatch();
  readonly #delays = new Percentiles();
  readonly #events: EventSpan[] = [];
  readonly #answers: { readonly labelTime: Micros; readonly logProbabilities: Float32Array }[] = [];

  /** @param run A run that has not been let go yet. */
  constructor(run: PipelineRun) {
    this.#run = run;
    run.moments.subscribe({
      next: ({ answer, delay }) => {
        this.#gaps.heard(run.now());
        this.#delays.record(delay.total);
        const { labelTime, logProbabilities } = answer;
        this.#answers.push({ labelTime, logProbabilities });
      },
      error: () => undefined, // `go` tells
    });
    run.events.subscribe((spans) => {
      for (const span of spans) if (span.state === "final") this.#events.push(span);
    });
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
      eventF1: truth.length === 0 ? null : rounded(eventF1(this.#events, truth, { iou: IOU }).f1),
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
}

function secondsFrom(origin: Micros, time: Micros): number {
  return toSeconds((time - origin) as Micros);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
