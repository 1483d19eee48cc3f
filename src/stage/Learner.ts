import type { Worker } from "node:worker_threads";
import { type Observable, Subject } from "rxjs";

import { ConfigError, DeviceError } from "../errors.ts";
import type { Decision, LearnerInput, LearnerStatus } from "../learn/online/LearnerMessage.ts";
import type { OnlineLearnerState } from "../learn/online/OnlineLearnerState.ts";
import { checkOnline, type OnlineOptions } from "../learn/online/OnlineOptions.ts";
import { endWorker } from "./endWorker.ts";
import type { FromLearner, ToLearner } from "./learnerMessages.ts";
import { spawnWorker } from "./spawnWorker.ts";

export interface LearnerOptions {
  /** Prefix of the model's version; the pipeline's name. */
  readonly name: string;
  /** Bytes of the weights file that the stage serves. */
  readonly weights: Uint8Array;
  /** Streams that must not count: those that contain the answer. */
  readonly ignored: readonly string[];
  readonly online: OnlineOptions;
  /** Inputs that may wait; one more ends the learning, loudly. */
  readonly capacity: number;
  /** Goes on from there. */
  readonly state?: OnlineLearnerState;
  /** Starts the thread; this room's own `learnerWorker` unless given. */
  readonly spawn?: () => Worker;
}

/**
 * An online learner in a thread of its own.
 *
 * Key behaviours:
 * - Inputs are dealt with one by one, in order; what comes of them depends on them alone.
 * - An input is never left out to save time: what is learnt would depend on the machine. If more wait than
 *   `capacity`, or the thread fails, learning ends: `failures` says why, once, and all else goes on.
 * - Who opens a learner disposes it. Idempotent.
 */
export class Learner implements AsyncDisposable {
  /** What it decides, in order. */
  readonly decisions: Observable<Decision>;
  /** Why it has ended before its time, once. */
  readonly failures: Observable<DeviceError>;
  readonly #decisions = new Subject<Decision>();
  readonly #failures = new Subject<DeviceError>();
  readonly #worker: Worker;
  readonly #capacity: number;
  #waiting = 0;
  #status: LearnerStatus | undefined;
  #hasEnded = false;
  #idle: (() => void)[] = [];
  #captures: ((state: OnlineLearnerState | undefined) => void)[] = [];

  private constructor(worker: Worker, capacity: number) {
    this.#worker = worker;
    this.#capacity = capacity;
    this.decisions = this.#decisions.asObservable();
    this.failures = this.#failures.asObservable();
  }

  /**
   * Starts the thread.
   *
   * @throws {ConfigError} If an option is out of its range.
   * @throws {DeviceError} If the thread does not come up, or the weights cannot be read in it.
   */
  static async open(options: LearnerOptions): Promise<Learner> {
    const { name, weights, ignored, online, capacity, state, spawn } = options;
    if (!(capacity >= 1))
      throw new ConfigError("Learner", `capacity must be >= 1, got ${capacity}`);
    checkOnline(online);
    const worker = spawn?.() ?? spawnWorker(import.meta.url, "learnerWorker");
    const learner = new Learner(worker, capacity);
    await new Promise<void>((resolve, reject) => {
      worker.on("message", (message: FromLearner) => {
        if (message.type === "ready") resolve();
        else if (message.type === "failed") {
          reject(new DeviceError("Learner", message.problem));
          learner.#fail(message.problem);
        } else learner.#hear(message);
      });
      worker.on("error", (cause) => {
        reject(new DeviceError("Learner", cause.message, { cause }));
        learner.#fail(cause.message);
      });
      worker.on("exit", () => {
        reject(new DeviceError("Learner", "its thread ended before it was ready"));
        learner.#fail("its thread ended");
      });
      learner.#tell({
        type: "open",
        ...{ name, weights, ignored, online },
        ...(state !== undefined && { state }),
      });
    });
    return learner;
  }

  /** How it is doing, as of the last input it has dealt with; undefined before the first. */
  get status(): LearnerStatus | undefined {
    return this.#status;
  }

  /** Inputs that it has yet to deal with. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether it still learns. */
  get isLearning(): boolean {
    return !this.#hasEnded;
  }

  /** Tells it what happened next. */
  push(input: LearnerInput): void {
    if (this.#hasEnded) return;
    if (this.#waiting >= this.#capacity) {
      this.#fail(`expected to keep up with ${this.#capacity} inputs waiting, got one more`);
      return;
    }
    this.#waiting++;
    this.#tell({ type: "input", input });
  }

  /**
   * Gives all that it knows after what it has been told so far.
   *
   * @param taken Called once; with undefined where it has ended.
   */
  capture(taken: (state: OnlineLearnerState | undefined) => void): void {
    if (this.#hasEnded) {
      taken(undefined);
      return;
    }
    this.#captures.push(taken);
    this.#tell({ type: "capture" });
  }

  /** Settles once it has dealt with everything it was told, or has ended. */
  async drained(): Promise<void> {
    if (this.#waiting === 0 || this.#hasEnded) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await endWorker(this.#worker);
    this.#decisions.complete();
    this.#failures.complete();
  }

  #tell(message: ToLearner): void {
    this.#worker.postMessage(message);
  }

  #hear(message: Exclude<FromLearner, { type: "ready" | "failed" }>): void {
    if (message.type === "state") {
      this.#captures.shift()?.(message.state);
      return;
    }
    if (this.#hasEnded) return;
    this.#waiting--;
    this.#status = message.status;
    for (const decision of message.decisions) this.#decisions.next(decision);
    if (this.#waiting === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #fail(problem: string): void {
    if (this.#hasEnded) return;
    this.#end();
    // Nobody disposes one that could not be opened, and what is of no use any more need not compute.
    this.#tell({ type: "close" });
    this.#failures.next(new DeviceError("learner", problem));
  }

  #end(): void {
    this.#hasEnded = true;
    for (const resolve of this.#idle.splice(0)) resolve();
    for (const taken of this.#captures.splice(0)) taken(undefined);
  }
}
