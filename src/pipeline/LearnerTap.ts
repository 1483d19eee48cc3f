import type { Label } from "../frames/EventSpan.ts";
import type { LearnerInput } from "../learn/online/LearnerMessage.ts";
import type { OnlineLearnerState } from "../learn/online/OnlineLearnerState.ts";
import type { RowFeatures } from "../models/unified/inference.ts";
import type { Doubt } from "../robustness/Doubt.ts";
import type { Micros } from "../units.ts";

/** Whoever learns. */
export interface LearnerSink {
  push(input: LearnerInput): void;
  capture(taken: (state: OnlineLearnerState | undefined) => void): void;
}

/**
 * Tells a learner what happens in the order of the log, although rows are answered later than labels come.
 *
 * A label, or a change of what serves, stands behind the last row that was formed before it and is told once
 * that row has been: so what the learner is told is a function of the log, however late the model answers.
 */
export class LearnerTap {
  readonly #learner: LearnerSink;
  readonly #truthEvery: number | undefined;
  /** What is to be told after so many rows. */
  #waiting: { readonly after: number; readonly tell: () => void }[] = [];
  #asked = 0;
  #told = 0;
  #captures: Capture[] = [];

  /** @param options.truthEvery Every how many labels of the truth one is told; none unless given. */
  constructor(learner: LearnerSink, { truthEvery }: { readonly truthEvery?: number } = {}) {
    this.#learner = learner;
    this.#truthEvery = truthEvery;
  }

  /** A row has been handed to the model. */
  asked(): void {
    this.#asked++;
  }

  /**
   * The model has answered the oldest row that was not yet.
   *
   * @param doubts What is not believed of it.
   */
  answered(
    labelTime: Micros,
    features: RowFeatures | undefined,
    doubts: readonly Doubt[] = [],
  ): void {
    this.#told++;
    const doubted = doubts.map(({ stream }) => stream);
    if (features !== undefined)
      this.#learner.push({
        ...{ kind: "row", labelTime, features },
        ...(doubted.length > 0 && { doubted }),
      });
    while ((this.#waiting[0]?.after ?? Infinity) <= this.#told) this.#waiting.shift()?.tell();
  }

  /** @param truths Labels of the truth until this one. */
  label(label: Label, truths: number): void {
    if (label.by === "truth" && (this.#truthEvery === undefined || truths % this.#truthEvery !== 0))
      return;
    this.#then(() => this.#learner.push({ kind: "label", label }));
  }

  serve(served: Omit<Extract<LearnerInput, { kind: "serve" }>, "kind">): void {
    this.#then(() => this.#learner.push({ kind: "serve", ...served }));
  }

  /** Asks for what the learner knows at this place; `captured` gives it, in the same order. */
  capture(): void {
    const wanted: Capture = { state: undefined, isTaken: false };
    this.#captures.push(wanted);
    this.#then(() =>
      this.#learner.capture((state) => {
        wanted.state = state;
        wanted.isTaken = true;
        this.#hand();
      }),
    );
  }

  /** @param taken Called with what the learner knew at the oldest `capture` that was not asked for yet. */
  captured(taken: Taken): void {
    const next = this.#captures.find(({ resolve }) => resolve === undefined);
    if (next === undefined) taken(undefined);
    else next.resolve = taken;
    this.#hand();
  }

  #then(tell: () => void): void {
    if (this.#asked === this.#told) tell();
    else this.#waiting.push({ after: this.#asked, tell });
  }

  #hand(): void {
    for (;;) {
      const [first] = this.#captures;
      if (first?.resolve === undefined || !first.isTaken) return;
      this.#captures.shift();
      first.resolve(first.state);
    }
  }
}

type Taken = (state: OnlineLearnerState | undefined) => void;

interface Capture {
  state: OnlineLearnerState | undefined;
  isTaken: boolean;
  resolve?: Taken;
}
