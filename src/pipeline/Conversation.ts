import { type Observable, Subject } from "rxjs";

import type { Reading } from "../frames/Reading.ts";
import { answerWithout } from "../robustness/answerWithout.ts";
import { SubsetDrill } from "../robustness/SubsetDrill.ts";
import type { FeatureRow } from "../stage/FeatureRow.ts";
import type { Stage } from "../stage/Stage.ts";
import { type Micros, micros } from "../units.ts";
import type { Moment } from "./Moment.ts";

/** Readings over which the drill's agreement is measured: ten seconds at 25 Hz. */
const DRILL_MEMORY = 250;

export interface ConversationOptions {
  readonly stage: Stage;
  /** Streams that contain the answer and must not count. */
  readonly ignored: readonly string[];
  /** How long a moment took; asked when its row goes in, and called when its reading comes out. */
  readonly stopwatch: (row: FeatureRow) => () => Micros;
}

/**
 * Asks the stage about each row and puts its answer together with what it was asked.
 *
 * Rows go in as they come; moments come out in the same order. A row that the stage refuses because
 * too many wait gives no moment and is counted by the stage.
 */
export class Conversation {
  readonly moments: Observable<Moment>;
  readonly #moments = new Subject<Moment>();
  readonly #asked: { readonly row: FeatureRow; readonly delay: () => Micros }[] = [];
  readonly #options: ConversationOptions;
  readonly #drill: SubsetDrill;
  readonly #prior: Float32Array;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#drill = new SubsetDrill({ memory: DRILL_MEMORY, ignored: options.ignored });
    this.#prior = Float32Array.from(options.stage.model.prior, Math.log);
    this.moments = this.#moments.asObservable();
    options.stage.readings.subscribe({
      next: (reading) => this.#answer(reading),
      error: (cause: unknown) => this.#moments.error(cause),
      complete: () => this.#moments.complete(),
    });
  }

  /** Asks about the next row. */
  ask(row: FeatureRow): void {
    const { stage, stopwatch } = this.#options;
    const delay = stopwatch(row);
    if (stage.submit(row) === "accepted") this.#asked.push({ row, delay });
  }

  #answer(reading: Reading): void {
    const asked = this.#asked.shift();
    if (asked === undefined) return;
    const answer = answerWithout(reading, this.#options.ignored, this.#prior);
    this.#moments.next({
      frameset: asked.row.frameset,
      reading,
      answer,
      forecast: this.#drill.push(reading),
      views: asked.row.views,
      delay: micros(asked.delay()),
    });
  }
}
