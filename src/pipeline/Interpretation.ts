import { concatMap, type Observable, Subject, tap } from "rxjs";

import { Aligner, type AlignerCounters } from "../align/Aligner.ts";
import type { Blocking } from "../align/Blocking.ts";
import type { EventSpan } from "../frames/EventSpan.ts";
import type { Frameset } from "../frames/Frameset.ts";
import type { Reading } from "../frames/Reading.ts";
import { EventLocalizer } from "../localize/EventLocalizer.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { answerWithout } from "../robustness/answerWithout.ts";
import { SubsetDrill } from "../robustness/SubsetDrill.ts";
import { extractFeatures } from "../stage/extractFeatures.ts";
import type { FeatureRow } from "../stage/FeatureRow.ts";
import type { Stage } from "../stage/Stage.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import type { Delay, Moment } from "./Moment.ts";

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
}

/**
 * All that follows from a log: framesets, readings, events.
 *
 * A pure function of the records but for `delay`: live, replayed, however fast, the same records give
 * the same moments, bit for bit on the same device. Rows that the stage refuses because too many wait
 * give no moment and are counted by the stage.
 */
export class Interpretation {
  /** One per answered grid instant, in order. */
  readonly moments: Observable<Moment>;
  /** Spans that are new or have changed. */
  readonly events: Observable<readonly EventSpan[]>;
  /** As they are formed, before the model has spoken. */
  readonly framesets: Observable<Frameset>;

  readonly #moments = new Subject<Moment>();
  readonly #events = new Subject<readonly EventSpan[]>();
  readonly #framesets = new Subject<Frameset>();
  readonly #aligner: Aligner;
  readonly #localizer: EventLocalizer;
  readonly #drill: SubsetDrill;
  readonly #ignored: readonly string[];
  readonly #prior: Float32Array;
  readonly #asked: { readonly row: FeatureRow; readonly delay: () => Delay }[] = [];
  #formed = 0;
  #answered = 0;

  constructor(definition: PipelineDefinition, options: InterpretationOptions) {
    const { records, stage, answerWith, stopwatch } = options;
    const plans = Object.entries(definition.streams);
    this.moments = this.#moments.asObservable();
    this.events = this.#events.asObservable();
    this.framesets = this.#framesets.asObservable();
    this.#ignored = definition.answerStreams.filter((stream) => !answerWith.includes(stream));
    this.#prior = Float32Array.from(stage.model.prior, Math.log);
    this.#drill = new SubsetDrill({ memory: DRILL_MEMORY, ignored: this.#ignored });
    this.#localizer = new EventLocalizer({
      classes: stage.model.classes,
      prior: stage.model.prior,
      silence: definition.silence,
      period: definition.grid.period,
    });
    this.#aligner = new Aligner({
      columns: Object.fromEntries(plans.map(([stream, { policy }]) => [stream, policy])),
      skew: definition.grid.skew,
      futureBound: definition.grid.future,
    });

    stage.readings.subscribe({
      next: (reading) => this.#take(reading),
      error: (cause: unknown) => this.#moments.error(cause),
      complete: () => this.#moments.complete(),
    });
    records
      .pipe(
        concatMap((record) => this.#aligner.push(record)),
        tap((frameset) => {
          this.#formed++;
          this.#framesets.next(frameset);
        }),
        extractFeatures(
          Object.fromEntries(plans.map(([stream, { features }]) => [stream, features])),
        ),
      )
      .subscribe((row) => {
        const delay = stopwatch(row.frameset);
        if (stage.submit(row) === "accepted") this.#asked.push({ row, delay });
      });
  }

  /** Framesets formed and moments given so far. */
  get counts(): { readonly framesets: number; readonly moments: number } {
    return { framesets: this.#formed, moments: this.#answered };
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

  #take(reading: Reading): void {
    const asked = this.#asked.shift();
    if (asked === undefined) return;
    this.#answered++;
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
    if (spans.length > 0) this.#events.next(spans);
  }
}
