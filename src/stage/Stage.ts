import type { Worker } from "node:worker_threads";
import { map, type Observable, Subject } from "rxjs";

import { ConfigError, DeviceError } from "../errors.ts";
import type { Presence } from "../frames/Frameset.ts";
import type { Reading } from "../frames/Reading.ts";
import type { AdaptedPart } from "../models/unified/adapted.ts";
import type { UnifiedConfig } from "../models/unified/config.ts";
import type { InferenceState, RowFeatures } from "../models/unified/inference.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import type { Micros } from "../units.ts";
import { endWorker } from "./endWorker.ts";
import type { FeatureRow } from "./FeatureRow.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { spawnWorker } from "./spawnWorker.ts";

/** What the stage's model is; known once the stage is open. */
export interface StageModel {
  readonly version: string;
  /** Whether it has weights; one that has none answers nothing: see `untrained`. */
  readonly trained: boolean;
  /** Device that computes: "cpu", "webgpu"… */
  readonly device: string;
  readonly classes: readonly string[];
  /** [classes] how often each class is the answer in training, sums to 1. */
  readonly prior: readonly number[];
  /** How far behind the newest row the answers are, in µs. */
  readonly lookAhead: Micros;
  /** Size of the codebook that all modalities share. */
  readonly codes: number;
  /** All of its configuration; absent where it is untrained. */
  readonly config?: UnifiedConfig;
}

export interface StageOptions {
  /** Prefix of the model's version; the pipeline's name. */
  readonly name: string;
  /** Bytes of the weights file; without them the readings say what was present, and no more. */
  readonly weights?: Uint8Array;
  /** Bytes of the `.onnx` file that some streams' features go through first, by stream. */
  readonly extractors?: Readonly<Record<string, Uint8Array>>;
  readonly device: DeviceChoice;
  /** Threads of the compute session, at least 1. */
  readonly threads: number;
  /** Rows that may wait for an answer; a row that comes when it is full is refused and counted. */
  readonly capacity: number;
  /** How often a worker that died is replaced, without progress, before the stage gives up; 3 unless given. */
  readonly maxRestarts?: number;
  /** Whether answers bring along what the head read, for a learner. Default: they do not. */
  readonly features?: boolean;
  /** Starts the thread that computes; this room's own `worker` unless given. */
  readonly spawn?: () => Worker;
}

/** What answers from some row on: a version of the model, all of which share the encoders. */
export interface ServedModel {
  readonly version: string;
  /** Head and codebook; those of the weights where absent. */
  readonly part?: AdaptedPart;
}

/** A row's reading, and what the head read where the stage was asked for it. */
export interface StageAnswer {
  readonly reading: Reading;
  readonly features?: RowFeatures;
}

/** A row that is not yet beyond the last known state. */
interface HeldRow {
  readonly row: FeatureRow;
  readonly version: string;
}

/** What became of a row. */
export type Submission = "accepted" | "refused";

/**
 * A model on a stream: rows in, readings out, in order, computed in a worker thread.
 *
 * Key behaviours:
 * - Rows are answered one by one with the same shapes, so a reading's bits depend on the rows alone.
 * - Bounded: at most `capacity` rows wait. One more is refused and counted in `refused`.
 * - A worker that dies is replaced; the new one goes on from the last state it sent (at most 25 rows
 *   old) and answers again what was unanswered. No row is lost, none is answered twice.
 * - `serve` changes head and codebook between two rows: nothing is compiled and no row waits for it.
 * - More than `maxRestarts` deaths without a newer state between them end `readings` with a `DeviceError`: a row
 *   that no worker survives ends the stage, a death now and then does not.
 * - Who opens a stage disposes it; rows still waiting then are dropped.
 */
export class Stage {
  /** One per row, in order. */
  readonly answers: Observable<StageAnswer>;
  /** The same without what the head read. */
  readonly readings: Observable<Reading>;
  #answers = new Subject<StageAnswer>();
  #options: StageOptions;
  #worker: Worker | undefined;
  #model: StageModel | undefined;
  #next = 0;
  #refused = 0;
  #restarts = 0;
  /** Deaths since `#state` last moved on. */
  #deaths = 0;
  #closed = false;
  #ending: Promise<void> | undefined;
  /** Whether the worker has the model and every row that was handed in. */
  #ready = false;
  /** Rows since the last known state, answered ones too: what a new worker has to be given. */
  #rows = new Map<number, HeldRow>();
  /** What answers from row `from` on, ascending; the first is in force at the last known state. */
  #serving: { readonly from: number; readonly model: ServedModel }[] = [];
  /** Index of the last row that was answered. */
  #answered = -1;
  #state: InferenceState | undefined;
  /** Who waits until no more than so many rows wait. */
  #idle: { readonly most: number; readonly resolve: () => void }[] = [];
  /** Who wants the state after a row, by the row's index. */
  readonly #captures = new Map<number, ((state: InferenceState) => void)[]>();

  private constructor(options: StageOptions) {
    this.#options = options;
    this.answers = this.#answers.asObservable();
    this.readings = this.#answers.pipe(map(({ reading }) => reading));
  }

  /**
   * Starts the worker and compiles the model in it.
   *
   * @throws {ConfigError} If `capacity` or `threads` < 1.
   * @throws {DeviceError} If the model or the device cannot be opened; the message says why.
   */
  static async open(options: StageOptions): Promise<Stage> {
    if (!(options.capacity >= 1))
      throw new ConfigError("Stage", `capacity must be >= 1, got ${options.capacity}`);
    if (!(options.threads >= 1))
      throw new ConfigError("Stage", `threads must be >= 1, got ${options.threads}`);
    const stage = new Stage(options);
    await stage.#start();
    return stage;
  }

  /** Which version answers the next row. */
  get serving(): string {
    return this.#serving.at(-1)?.model.version ?? this.model.version;
  }

  /** What the model is, as trained. */
  get model(): StageModel {
    if (this.#model === undefined) throw new DeviceError("Stage", "expected to be open, got none");
    return this.#model;
  }

  /** Rows refused because too many were waiting. */
  get refused(): number {
    return this.#refused;
  }

  /** Workers that died and were replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Rows that wait for an answer. */
  get waiting(): number {
    return this.#next - 1 - this.#answered;
  }

  /** Hands in the next row; its reading comes on `readings`. */
  submit(row: FeatureRow): Submission {
    if (this.#closed || this.waiting >= this.#options.capacity) {
      this.#refused++;
      return "refused";
    }
    const index = this.#next++;
    this.#rows.set(index, { row, version: this.serving });
    // A worker that is still starting gets all rows at once when it is ready.
    if (this.#ready) this.#tell({ type: "row", index, inputs: row.inputs });
    return "accepted";
  }

  /**
   * Answers with this version from the next row on; rows handed in before keep theirs.
   *
   * A part that does not fit the model ends the stage: whoever has one from outside checks it before
   * (`decodeLearnt`).
   */
  serve(model: ServedModel): void {
    this.#serving.push({ from: this.#next, model });
    if (this.#ready) this.#tell(serveMessage(model));
  }

  /**
   * Goes on where another stage of the same model gave this state (`capture`).
   *
   * @throws {ConfigError} If a row has been handed in.
   */
  restore(state: InferenceState): void {
    if (this.#next > 0)
      throw new ConfigError("Stage.restore", `expected no rows before, got ${this.#next}`);
    this.#state = state;
    if (this.#ready) this.#tell({ type: "restore", state });
  }

  /**
   * Gives the state after the last row handed in: what `restore` takes to go on there.
   *
   * @param taken Called once that row's reading has been given, and before the next one's is; at once if
   *   there was no row. Undefined stands for a model that has seen nothing. Not called if the stage is
   *   disposed, or fails, before.
   */
  capture(taken: (state: InferenceState | undefined) => void): void {
    const index = this.#next - 1;
    if (index < 0) {
      taken(this.#state);
      return;
    }
    this.#captures.set(index, [...(this.#captures.get(index) ?? []), taken]);
    if (this.#ready) this.#tell({ type: "capture", index });
  }

  /** Settles once no more than `most` rows wait: at once, or when as many have been answered. */
  async drained(most = 0): Promise<void> {
    if (this.waiting <= most || this.#closed) return;
    await new Promise<void>((resolve) => this.#idle.push({ most, resolve }));
  }

  /** Ends the worker and completes `readings`. Idempotent: whoever calls waits until the worker is gone. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#closed = true;
    if (this.#worker !== undefined) await endWorker(this.#worker);
    this.#answers.complete();
    this.#wake();
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #wake(): void {
    const isDue = ({ most }: { readonly most: number }): boolean =>
      this.#closed || this.waiting <= most;
    const due = this.#idle.filter(isDue);
    this.#idle = this.#idle.filter((one) => !isDue(one));
    for (const { resolve } of due) resolve();
  }

  #start(): Promise<void> {
    const worker = this.#options.spawn?.() ?? spawnWorker(import.meta.url, "worker");
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      let problem = "the worker ended before it was ready";
      worker.on("message", (message: FromWorker) => {
        if (message.type === "ready") {
          this.#model = {
            version: message.model,
            trained: message.trained,
            device: message.device,
            classes: message.classes,
            prior: message.prior,
            lookAhead: message.lookAhead as Micros,
            codes: message.codes,
            ...(message.config !== undefined && { config: message.config }),
          };
          this.#ready = true;
          if (this.#serving.length === 0)
            this.#serving.push({ from: 0, model: { version: message.model } });
          const changes = this.#serving.slice(1);
          for (const [index, { row }] of this.#rows) {
            while ((changes[0]?.from ?? Infinity) <= index) this.#tellServed(changes.shift());
            this.#tell({ type: "row", index, inputs: row.inputs });
            if (this.#captures.has(index)) this.#tell({ type: "capture", index });
          }
          for (const change of changes) this.#tellServed(change);
          // Of a row that need not be computed again the state is known.
          for (const index of this.#captures.keys())
            if (!this.#rows.has(index) && this.#state !== undefined) this.#keep(index, this.#state);
          resolve();
        } else if (message.type === "answer") this.#answer(message);
        else if (message.type === "state") this.#keep(message.index, message.state);
        else {
          problem = message.problem;
          void endWorker(worker);
        }
      });
      worker.on("error", (cause) => {
        problem = cause.message;
      });
      worker.on("exit", () => {
        if (this.#closed || this.#worker !== worker) return;
        if (this.#ready) this.#replace(problem);
        else reject(new DeviceError("Stage", problem));
      });
      const { name, weights, device, threads, extractors = {}, features = false } = this.#options;
      const part = this.#serving[0]?.model.part;
      this.#tell({
        type: "open",
        name,
        ...(weights !== undefined && { weights }),
        device,
        threads,
        extractors,
        features,
        ...(this.#state !== undefined && { state: this.#state }),
        ...(part !== undefined && { part }),
      });
    });
  }

  #tellServed(change: { readonly model: ServedModel } | undefined): void {
    if (change !== undefined) this.#tell(serveMessage(change.model));
  }

  #replace(problem: string): void {
    this.#restarts++;
    this.#deaths++;
    this.#ready = false;
    const fail = (cause: unknown): void => {
      this.#closed = true;
      this.#answers.error(cause);
      this.#wake();
    };
    if (this.#deaths > (this.#options.maxRestarts ?? 3)) {
      fail(new DeviceError("Stage", `the worker died ${this.#deaths} times: ${problem}`));
      return;
    }
    this.#start().catch(fail);
  }

  #keep(index: number, state: InferenceState): void {
    this.#state = state;
    if (this.#rows.has(index)) this.#deaths = 0;
    for (const row of this.#rows.keys()) if (row <= index) this.#rows.delete(row);
    // Of those in force by the next row only the last one counts.
    while ((this.#serving[1]?.from ?? Infinity) <= index + 1) this.#serving.shift();
    const wanted = this.#captures.get(index) ?? [];
    this.#captures.delete(index);
    for (const taken of wanted) taken(state);
  }

  #answer(answer: Extract<FromWorker, { type: "answer" }>): void {
    const { index, features } = answer;
    const held = this.#rows.get(index);
    // A replaced worker answers rows again that were answered before: they only rebuild its state.
    if (held === undefined || index <= this.#answered) return;
    this.#answered = index;
    const reading = readingOf(held, answer, this.model);
    this.#answers.next({ reading, ...(features !== undefined && { features }) });
    this.#wake();
  }
}

function serveMessage({ part }: ServedModel): ToWorker {
  return { type: "serve", ...(part !== undefined && { part }) };
}

function readingOf(
  { row: { frameset }, version }: HeldRow,
  { outputs, unusable }: Pick<Extract<FromWorker, { type: "answer" }>, "outputs" | "unusable">,
  model: StageModel,
): Reading {
  const presence: Record<string, Presence> = {};
  for (const [stream, cell] of Object.entries(frameset.cells)) presence[stream] = cell.presence;
  return {
    id: frameset.id,
    site: frameset.site,
    time: frameset.time,
    labelTime: (frameset.time - model.lookAhead) as Micros,
    model: version,
    presence,
    ...(unusable !== undefined && { unusable }),
    ...outputs,
  };
}
