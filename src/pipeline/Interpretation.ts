import { concatMap, type Observable, Subject } from "rxjs";

import { Aligner, type AlignerCounters, type AlignerOptions } from "../align/Aligner.ts";
import type { Blocking } from "../align/Blocking.ts";
import type { EventSpan } from "../frames/EventSpan.ts";
import type { Frameset } from "../frames/Frameset.ts";
import type { Reading } from "../frames/Reading.ts";
import { EventLocalizer } from "../localize/EventLocalizer.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { answerWithout } from "../robustness/answerWithout.ts";
import { SubsetDrill } from "../robustness/SubsetDrill.ts";
import type { FeatureRow } from "../stage/FeatureRow.ts";
import { FeatureRows } from "../stage/FeatureRows.ts";
import type { Stage } from "../stage/Stage.ts";
import { type PipelineDefinition, rolesOf } from "./definePipeline.ts";
import { guestPolicy } from "./guestPolicy.ts";
import type { InterpretationState } from "./InterpretationState.ts";
import type { Delay, Moment } from "./Moment.ts";
import { type DigestState, ReadingDigest } from "./ReadingDigest.ts";

/** Readings over which the drill's agreement is measured: ten seconds at 25 Hz. */
const DRILL_MEMORY = 250;

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
  readonly #drill: SubsetDrill;
  readonly #ignored: readonly string[];
  readonly #prior: Float32Array;
  readonly #asked: { readonly row: FeatureRow; readonly delay: () => Delay }[] = [];
  readonly #digest: ReadingDigest | undefined;
  #formed = 0;
  #answered = 0;
  #told = 0;
  #truths = 0;
  #refused = 0;

  constructor(definition: PipelineDefinition, options: InterpretationOptions) {
    const { records, stage, answerWith, stopwatch, digests = false, state } = options;
    const plans = Object.entries(definition.streams);
    this.#stage = stage;
    this.moments = this.#moments.asObservable();
    this.events = this.#events.asObservable();
    this.framesets = this.#framesets.asObservable();
    this.revisions = this.#revisions.asObservable();
    this.#ignored = definition.answerStreams.filter((stream) => !answerWith.includes(stream));
    this.#prior = Float32Array.from(stage.model.prior, Math.log);
    this.#drill = new SubsetDrill({ memory: DRILL_MEMORY, ignored: this.#ignored });
    this.#localizer = new EventLocalizer({
      classes: stage.model.classes,
      prior: stage.model.prior,
      silence: definition.silence,
      period: definition.grid.period,
    });
    this.#features = new FeatureRows(
      Object.fromEntries(plans.map(([stream, { features }]) => [stream, features])),
    );
    const aligned = alignerOptions(definition);
    this.#aligner =
      state === undefined ? new Aligner(aligned) : Aligner.restore(aligned, state.aligner);
    if (digests) this.#digest = new ReadingDigest(state?.digest && { state: state.digest });
    if (state !== undefined) this.#restore(state);

    stage.readings.subscribe({
      next: (reading) => this.#take(reading),
      error: (cause: unknown) => this.#moments.error(cause),
      complete: () => this.#moments.complete(),
    });
    const framesets = records.pipe(
      concatMap((record) => {
        if (record.kind === "LABEL" && record.label.by === "truth") this.#truths++;
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
      if (stage.submit(row) === "accepted") this.#asked.push({ row, delay });
      else this.#refused++;
    });
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
    };
    this.#stage.capture((state) =>
      taken({
        ...front,
        ...(state !== undefined && { model: Object.fromEntries(state.arrays) }),
        localizer: this.#localizer.snapshot(),
        drill: this.#drill.snapshot(),
        moments: this.#answered,
        spans: this.#told,
        refused: this.#refused,
        ...(this.#digest !== undefined && { digest: this.#digest.state }),
      }),
    );
    return true;
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
    const { features, model, localizer, drill } = state;
    if (model !== undefined) this.#stage.restore({ arrays: new Map(Object.entries(model)) });
    this.#features.restore(features);
    this.#localizer.restore(localizer);
    this.#drill.restore(drill);
    this.#formed = state.framesets;
    this.#answered = state.moments;
    this.#told = state.spans;
    this.#refused = state.refused;
    this.#truths = state.truths;
  }

  #take(reading: Reading): void {
    const asked = this.#asked.shift();
    if (asked === undefined) return;
    this.#answered++;
    this.#digest?.push(reading);
    const answer = answerWithout(reading, this.#ignored, this.#prior);
    this.#moments.next({
      frameset: asked.row.frameset,
      reading,
      answer,
      forecast: this.#drill.push(reading),
      views: asked.row.views,
      delay: asked.delay(),
    });
    this.#tell(this.#localizer.push(answer));
  }

  #tell(spans: readonly EventSpan[]): void {
    if (spans.length === 0) return;
    this.#told += spans.length;
    this.#events.next(spans);
  }
}

/** How the rows of a pipeline are formed. */
export function alignerOptions(definition: PipelineDefinition): AlignerOptions {
  const { period, skew, future, revisionHorizon, longestEmpty } = definition.grid;
  return {
    columns: Object.fromEntries(
      Object.entries(definition.streams).map(([stream, { policy }]) => [stream, policy]),
    ),
    guests: (description) => guestPolicy(description, period),
    roles: rolesOf(definition),
    skew,
    futureBound: future,
    ...(revisionHorizon !== undefined && { revisionHorizon }),
    ...(longestEmpty !== undefined && { longestEmpty }),
  };
}
