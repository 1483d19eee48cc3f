import { concatMap, type Observable, Subject } from "rxjs";

import { Aligner, type AlignerCounters } from "../align/Aligner.ts";
import type { Blocking } from "../align/Blocking.ts";
import type { EventSpan, Label } from "../frames/EventSpan.ts";
import type { Frameset } from "../frames/Frameset.ts";
import { decodeLearnt } from "../learn/online/learntWeights.ts";
import { EventLocalizer } from "../localize/EventLocalizer.ts";
import type { LogRecord, ServedVersion } from "../log/LogRecord.ts";
import { logPrior } from "../models/unified/logPrior.ts";
import { RobustnessMonitor, type RobustnessReport } from "../robustness/RobustnessMonitor.ts";
import type { FeatureRow } from "../stage/FeatureRow.ts";
import { FeatureRows } from "../stage/FeatureRows.ts";
import type { Stage, StageAnswer } from "../stage/Stage.ts";
import { type Micros, micros, seconds } from "../units.ts";
import { alignerOptions } from "./alignerOptions.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import type { InterpretationState } from "./InterpretationState.ts";
import { type LearnerSink, LearnerTap } from "./LearnerTap.ts";
import type { Delay, Moment } from "./Moment.ts";
import { type DigestState, ReadingDigest } from "./ReadingDigest.ts";

/** How far back the gauges of robustness look. */
const GAUGES = seconds(60);

/** What serves, as a record says it or a state. */
type ServedRecord = ServedVersion & { readonly kind?: "MODEL"; readonly logTime?: Micros };

export interface InterpretationOptions {
  /** The ordered log. Subscribed to once, at construction. */
  readonly records: Observable<LogRecord>;
  /** Answers rows. Borrowed. */
  readonly stage: Stage;
  /** Streams that contain the answer and shall count all the same. */
  readonly answerWith: readonly string[];
  /** Called as a row goes in; what it gives is called as its reading comes out: `Moment.delay`. */
  readonly stopwatch: (frameset: Frameset) => () => Delay;
  /** Takes a digest of all readings. */
  readonly digests?: boolean;
  /** Learns from what follows; `stage` must give features. Borrowed. */
  readonly learner?: LearnerSink;
  /** Every how many labels of the truth one teaches; none does unless given. */
  readonly truthEvery?: number;
  /** Goes on from there; `stage` must be of the same model and have taken no row. */
  readonly state?: InterpretationState;
}

/**
 * All that follows from a log: framesets, readings, events.
 *
 * A pure function of the records but for `delay`: live, replayed, however fast, the same records give
 * the same moments, bit for bit on the same device. Rows that the stage refuses because too many wait
 * give no moment and are counted by the stage.
 *
 * What it knows after any record can be taken down (`capture`); another one goes on from there and gives
 * what this one gives.
 */
export class Interpretation {
  /** One per answered grid instant, in order. */
  readonly moments: Observable<Moment>;
  /** Spans that are new or have changed. */
  readonly events: Observable<readonly EventSpan[]>;
  /** As they are formed, before the model has spoken. */
  readonly framesets: Observable<Frameset>;
  /** Framesets told again because a late frame changed them (`revision`); the model does not see them. */
  readonly revisions: Observable<Frameset>;

  readonly #moments = new Subject<Moment>();
  readonly #events = new Subject<readonly EventSpan[]>();
  readonly #framesets = new Subject<Frameset>();
  readonly #revisions = new Subject<Frameset>();
  readonly #aligner: Aligner;
  readonly #features: FeatureRows;
  readonly #stage: Stage;
  readonly #localizer: EventLocalizer;
  readonly #robustness: RobustnessMonitor;
  readonly #period: Micros;
  readonly #asked: {
    readonly row: FeatureRow;
    /** Labels that came in since the row before. */
    readonly labels: readonly Label[];
    readonly delay: () => Delay;
  }[] = [];
  /** Labels since the last row: a label takes its turn among the rows, however late the model answers. */
  #labels: Label[] = [];
  readonly #tap: LearnerTap | undefined;
  #serving: ServedVersion | undefined;
  readonly #digest: ReadingDigest | undefined;
  #formed = 0;
  #answered = 0;
  #told = 0;
  #truths = 0;
  #refused = 0;

  constructor(definition: PipelineDefinition, options: InterpretationOptions) {
    const { records, stage, answerWith, stopwatch, digests = false, state } = options;
    const { learner, truthEvery } = options;
    const plans = Object.entries(definition.streams);
    this.#stage = stage;
    this.moments = this.#moments.asObservable();
    this.events = this.#events.asObservable();
    this.framesets = this.#framesets.asObservable();
    this.revisions = this.#revisions.asObservable();
    this.#robustness = monitorOf(definition, stage, answerWith);
    this.#period = definition.grid.period;
    this.#localizer = new EventLocalizer({
      // Without training nothing is ever localised: there is the silence, and no answer to compare it with.
      classes: stage.model.trained ? stage.model.classes : [definition.silence],
      prior: stage.model.trained ? stage.model.prior : [1],
      silence: definition.silence,
      ...(stage.model.trained && { slots: definition.slots }),
      period: definition.grid.period,
      ...definition.localize,
    });
    this.#features = new FeatureRows(
      Object.fromEntries(plans.map(([stream, { features }]) => [stream, features])),
    );
    const aligned = alignerOptions(definition);
    this.#aligner =
      state === undefined ? new Aligner(aligned) : Aligner.restore(aligned, state.aligner);
    this.#tap = learner && new LearnerTap(learner, truthEvery === undefined ? {} : { truthEvery });
    if (digests) this.#digest = new ReadingDigest(state?.digest && { state: state.digest });
    if (state !== undefined) this.#restore(state);

    stage.answers.subscribe({
      next: (answer) => this.#take(answer),
      error: (cause: unknown) => this.#moments.error(cause),
      complete: () => this.#moments.complete(),
    });
    const framesets = records.pipe(
      concatMap((record) => {
        if (record.kind === "LABEL") this.#label(record.label);
        if (record.kind === "MODEL") this.#serve(record);
        return this.#aligner.push(record);
      }),
    );
    framesets.subscribe((frameset) => {
      if (frameset.revision !== undefined) {
        this.#revisions.next(frameset);
        return;
      }
      this.#formed++;
      this.#framesets.next(frameset);
      const row = this.#features.push(frameset);
      const delay = stopwatch(frameset);
      if (stage.submit(row) === "accepted") {
        this.#asked.push({ row, labels: this.#labels, delay });
        this.#labels = [];
        this.#tap?.asked();
      } else this.#refused++;
    });
  }

  /** Time between an event's end and its final form, beyond the model's look-ahead. */
  get finalDelay(): Micros {
    return micros(this.#localizer.delayRows * this.#period);
  }

  /** Framesets formed, moments given, and rows that the model refused so far. */
  get counts(): {
    readonly framesets: number;
    readonly moments: number;
    readonly refusedRows: number;
  } {
    return { framesets: this.#formed, moments: this.#answered, refusedRows: this.#refused };
  }

  /** The digest of all readings so far; undefined where nobody asked for it. */
  get digest(): DigestState | undefined {
    return this.#digest?.state;
  }

  /**
   * Takes down all that it knows after the last record.
   *
   * @param taken Called once the model has answered what was asked until here, while further records may
   *   come in; at once if that is nothing.
   * @returns False where a stream's features do not say what they remember; nothing is called then.
   */
  capture(taken: (state: InterpretationState) => void): boolean {
    const features = this.#features.snapshot();
    if (features === undefined) return false;
    const front = {
      aligner: this.#aligner.snapshot(),
      features,
      framesets: this.#formed,
      truths: this.#truths,
      refused: this.#refused,
      labels: [...this.#labels],
    };
    const serving = this.#serving;
    this.#tap?.capture();
    this.#stage.capture((state) => {
      const known: InterpretationState = {
        ...front,
        ...(state !== undefined && { model: Object.fromEntries(state.arrays) }),
        localizer: this.#localizer.snapshot(),
        robustness: this.#robustness.snapshot(),
        moments: this.#answered,
        spans: this.#told,
        ...(serving !== undefined && { serving }),
        ...(this.#digest !== undefined && { digest: this.#digest.state }),
      };
      if (this.#tap === undefined) taken(known);
      else
        this.#tap.captured((learner) =>
          taken({ ...known, ...(learner !== undefined && { learner }) }),
        );
    });
    return true;
  }

  /** How far the answers may be trusted, as of the last moment. */
  robustness(): RobustnessReport {
    return this.#robustness.report;
  }

  /** What became of every frame. */
  aligned(): AlignerCounters {
    return this.#aligner.counters();
  }

  /** Why the next frameset is not there yet; undefined before the grid has started. */
  blocking(): Blocking | undefined {
    return this.#aligner.blocking();
  }

  /** Says what is left to say once the last moment is out. */
  finish(): void {
    this.#tell(this.#localizer.flush());
    this.#events.complete();
  }

  #restore(state: InterpretationState): void {
    const { features, model, localizer, robustness, serving } = state;
    if (serving !== undefined) this.#serve(serving);
    if (model !== undefined) this.#stage.restore({ arrays: new Map(Object.entries(model)) });
    this.#features.restore(features);
    this.#localizer.restore(localizer);
    this.#robustness.restore(robustness);
    this.#labels = [...state.labels];
    this.#formed = state.framesets;
    this.#answered = state.moments;
    this.#told = state.spans;
    this.#refused = state.refused;
    this.#truths = state.truths;
  }

  #label(label: Label): void {
    if (label.by === "truth") this.#truths++;
    this.#labels.push(label);
    this.#tap?.label(label, this.#truths);
  }

  /** Rows formed from here on are answered by this version, where it goes with the stage's weights. */
  #serve({ kind: _kind, logTime: _logTime, ...served }: ServedRecord): void {
    const { version, base = version, weights } = served;
    const { model } = this.#stage;
    // A log of other weights is read with those there are, as if nothing had been learnt.
    const part =
      weights !== undefined && model.config !== undefined && base === model.version
        ? decodeLearnt(weights, model.config).part
        : undefined;
    const isLearnt = part !== undefined;
    if (!isLearnt && this.#stage.serving === model.version && !this.#tap) return;
    const name = isLearnt ? version : model.version;
    this.#serving = isLearnt || served.pinned ? { ...served, version: name } : undefined;
    if (this.#stage.serving !== name)
      this.#stage.serve({ version: name, ...(isLearnt && { part }) });
    this.#tap?.serve({
      version: name,
      ...(isLearnt && { part }),
      isPinned: served.pinned ?? false,
      isOwn: served.by === "learner",
    });
  }

  #take({ reading, features }: StageAnswer): void {
    const asked = this.#asked.shift();
    if (asked === undefined) return;
    this.#answered++;
    this.#digest?.push(reading);
    const { row } = asked;
    for (const label of asked.labels) this.#robustness.label(label);
    const { time, cells } = row.frameset;
    const { answer, forecast, doubts } = this.#robustness.push({
      ...{ time, cells, reading },
      inputs: row.inputs,
    });
    this.#moments.next({
      frameset: row.frameset,
      ...{ reading, answer, forecast, doubts },
      views: row.views,
      delay: asked.delay(),
    });
    if (this.#stage.model.trained) this.#tell(this.#localizer.push(answer));
    this.#tap?.answered(reading.labelTime, features, doubts);
  }

  #tell(spans: readonly EventSpan[]): void {
    if (spans.length === 0) return;
    this.#told += spans.length;
    this.#events.next(spans);
  }
}

function monitorOf(
  { streams, answerStreams, silence, grid }: PipelineDefinition,
  { model }: Stage,
  answerWith: readonly string[],
): RobustnessMonitor {
  const ignored = answerStreams.filter((stream) => !answerWith.includes(stream));
  const descriptions = Object.values(streams).map(({ description }) => description);
  return new RobustnessMonitor({
    classes: model.classes,
    silence,
    prior: logPrior(model.prior),
    streams: Object.keys(streams).filter((stream) => !ignored.includes(stream)),
    ignored,
    watched: Object.fromEntries(
      descriptions
        .filter(({ rate, dtype }) => rate !== "irregular" && dtype !== "utf8")
        .map(({ stream, dtype }) => [stream, dtype]),
    ),
    rows: Math.max(Math.round(GAUGES / grid.period), 1),
  });
}
