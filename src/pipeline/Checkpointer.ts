import type { Clock } from "../clock/Clock.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { LogWriter } from "../log/LogWriter.ts";
import type { Micros } from "../units.ts";
import type { Interpretation } from "./Interpretation.ts";
import { packState } from "./InterpretationState.ts";

export interface CheckpointerOptions {
  readonly log: LogWriter;
  readonly interpretation: Interpretation;
  /** Version of the model that answers. */
  readonly model: string;
  /** Time between two checkpoints. */
  readonly every: Micros;
  readonly clock: Clock;
}

/**
 * Puts checkpoints into the log of a run: all that has followed from it until then, so that another run goes
 * on from there.
 *
 * One when it is due, one soon after each segment has begun. It never waits for the model: a checkpoint is on
 * record once the model has answered what was asked until its place, and says how far back that is.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  /** Records put into the log since the run began. */
  #records = 0;
  #due: number;
  #segment: string;
  #isTaking = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#due = options.clock.now() + options.every;
    this.#segment = options.log.status.segment;
  }

  /** A record was put into the log. */
  recorded(record: LogRecord): void {
    if (record.kind !== "CHECKPOINT") this.#records++;
  }

  /** Looks whether a checkpoint is due; not to be called while a record is being dealt with. */
  poll(): void {
    const { log, interpretation, model, every, clock } = this.#options;
    const now = clock.now();
    const { segment, state: writing } = log.status;
    if (this.#isTaking || writing !== "recording") return;
    if (now < this.#due && segment === this.#segment) return;
    this.#due = now + every;
    this.#segment = segment;
    const place = this.#records;
    this.#isTaking = true;
    const willCome = interpretation.capture((state) => {
      this.#isTaking = false;
      const { moments, spans } = state;
      const back = this.#records - place;
      const logTime = clock.now();
      log.append({
        kind: "CHECKPOINT",
        logTime,
        back,
        model,
        moments,
        spans,
        state: packState(state),
      });
    });
    if (!willCome) this.#due = Number.POSITIVE_INFINITY;
  }
}
