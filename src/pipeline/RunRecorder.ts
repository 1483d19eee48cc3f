import type { Clock } from "../clock/Clock.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { LogStatus, LogWriter } from "../log/LogWriter.ts";
import { type Micros, seconds } from "../units.ts";
import { Checkpointer } from "./Checkpointer.ts";
import type { Interpretation } from "./Interpretation.ts";
import { digestNotes } from "./ReadingDigest.ts";

/** Time between two checkpoints. */
const CHECKPOINT_EVERY = seconds(10);
/** The same while something learns: what a learner knows is some megabytes. */
const LEARNING_CHECKPOINT_EVERY = seconds(60);

/** How a run's recording is doing. */
export interface RecordingStatus extends LogStatus {
  /** Why it stopped, where it did. */
  readonly problem?: string;
}

/** Records a run: its log, checkpoints of what follows from it, and in the end what a replay must come to. */
export class RunRecorder implements AsyncDisposable {
  readonly #log: LogWriter;
  readonly #interpretation: Interpretation;
  readonly #checkpointer: Checkpointer;

  /** @param options.log Owned from now on. */
  constructor(options: {
    readonly log: LogWriter;
    readonly interpretation: Interpretation;
    readonly clock: Clock;
    /** Version of the model that answers. */
    readonly model: string;
    /** Time between two checkpoints; 10 s unless given, while something learns 60 s. */
    readonly every?: Micros | undefined;
    /** Whether something learns. */
    readonly learns: boolean;
  }) {
    this.#log = options.log;
    this.#interpretation = options.interpretation;
    const { every = options.learns ? LEARNING_CHECKPOINT_EVERY : CHECKPOINT_EVERY } = options;
    this.#checkpointer = new Checkpointer({ ...options, every });
  }

  get status(): RecordingStatus {
    const problem = this.#log.failure?.message;
    return { ...this.#log.status, ...(problem !== undefined && { problem }) };
  }

  /** Puts a record into the log. */
  append(record: LogRecord): void {
    this.#log.append(record);
    this.#checkpointer.recorded(record);
  }

  /** Looks whether a checkpoint is due; not to be called while a record is being dealt with. */
  poll(): void {
    this.#checkpointer.poll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { digest, counts } = this.#interpretation;
    // A replay answers every row: where the run had to leave some out they cannot agree.
    if (digest !== undefined && counts.refusedRows === 0) this.#log.note(digestNotes(digest));
    await this.#log[Symbol.asyncDispose]();
  }
}
