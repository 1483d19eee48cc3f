import { filter, map, merge, type Observable, Subject } from "rxjs";

import type { Blocking } from "../align/Blocking.ts";
import type { DrivenClock } from "../clock/DrivenClock.ts";
import { SystemClock } from "../clock/SystemClock.ts";
import type { LogError } from "../errors.ts";
import type { EventSpan, Label } from "../frames/EventSpan.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { RobustnessReport } from "../robustness/RobustnessMonitor.ts";
import type { Stage, StageModel } from "../stage/Stage.ts";
import { type Micros, micros, seconds } from "../units.ts";
import type { ClockProber } from "../wire/ClockProber.ts";
import type { ControlServer } from "../wire/ControlServer.ts";
import type { CurveGuard } from "../wire/CurveGuard.ts";
import type { Inlet } from "../wire/Inlet.ts";
import { Continuation } from "./Continuation.ts";
import { DropSchedule } from "./DropSchedule.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { delayOf, delaysOn, noDelay } from "./delays.ts";
import { HotPlug } from "./HotPlug.ts";
import type { Ingest } from "./Ingest.ts";
import { Interpretation } from "./Interpretation.ts";
import { Learning } from "./Learning.ts";
import type { Moment } from "./Moment.ts";
import { RunLoop } from "./RunLoop.ts";
import type { RunOptions } from "./RunOptions.ts";
import { fleetOf, ingestOf, type RunCounters, type RunParts } from "./RunParts.ts";
import { type RecordingStatus, RunRecorder } from "./RunRecorder.ts";
import type { PastLog } from "./readPast.ts";
import type { SensorFleet } from "./SensorFleet.ts";
import { StreamBoard, type StreamSnapshot } from "./StreamBoard.ts";
import { TruthTeller } from "./TruthTeller.ts";

/** Time the sensors' processes get to come up before a feed starts on the machine's clock. */
const HEAD_START = seconds(2);

/**
 * A pipeline at work.
 *
 * The way of a frame: a sensor's process pushes it to the inlet, `Ingest` puts everything that happens
 * in one order, the log, and `Interpretation` is what follows from the log.
 *
 * Key behaviours:
 * - `startPipeline` opens it; subscribe, then call `go`.
 * - A sensor that dies, lies or falls silent ends nothing; see `streams()`.
 * - With a past it first makes again what followed since the last checkpoint, byte for byte, and goes on.
 * - A recording that cannot be written any more stops loudly (`problems`); the run goes on.
 * - Ends by itself when its feed does; otherwise when disposed. Dispose is idempotent, ends the sensors'
 *   processes first and closes the log last.
 */
export class PipelineRun {
  readonly definition: PipelineDefinition;
  readonly options: RunOptions;
  /** One per grid instant, in order. */
  readonly moments: Observable<Moment>;
  /** Spans that are new or have changed, as the localizer tells them. */
  readonly events: Observable<readonly EventSpan[]>;
  /** Truth and people's labels, as they are put on record; absolute times. */
  readonly labels: Observable<Label>;
  /** The log as it grows: everything that happens, in order. Payloads are borrowed. */
  readonly records: Observable<LogRecord>;
  /** What went wrong and was dealt with, in words; with the stream where it is one stream's. */
  readonly problems: Observable<{ readonly text: string; readonly stream?: string }>;
  /** Sensors that come and go on the way. */
  readonly hotPlug: HotPlug;
  /** Which versions of the model there are, what serves, and how the learning goes. */
  readonly learning: Learning;

  readonly #clock: SystemClock | DrivenClock;
  readonly #ingest: Ingest;
  readonly #interpretation: Interpretation;
  readonly #stage: Stage;
  readonly #inlet: Inlet;
  readonly #control: ControlServer;
  readonly #prober: ClockProber | undefined;
  readonly #guard: CurveGuard | undefined;
  readonly #fleet: SensorFleet;
  readonly #board: StreamBoard;
  readonly #schedule: DropSchedule;
  readonly #recorder: RunRecorder | undefined;
  readonly #logFailures: Observable<LogError>;
  readonly #problems = new Subject<{ readonly text: string; readonly stream?: string }>();
  readonly #past: PastLog | undefined;
  /** What is on record and made again. */
  readonly #recalled = new Subject<LogRecord>();
  #isRecalling = false;
  #origin = micros(0);
  #closing: Promise<void> | undefined;

  /** @param parts Opened for this run, and owned by it from now on; see `startPipeline`. */
  constructor(parts: RunParts) {
    const { definition, options, clock, stage, learner, inlet, control, guard, log } = parts;
    this.definition = definition;
    this.options = options;
    this.#clock = clock;
    this.#stage = stage;
    this.#inlet = inlet;
    this.#control = control;
    this.#prober = parts.prober;
    this.#prober?.waves.subscribe((wave) => this.#ingest.measured(wave));
    this.#guard = guard;
    this.#logFailures = parts.logFailures;
    this.#past = parts.past;
    const streams = Object.values(definition.streams).map(({ description }) => description);
    this.#schedule = new DropSchedule(options.drops, Object.keys(definition.streams));
    this.#ingest = ingestOf(parts, (stream) => this.#fleet.owns(stream));
    const { version: model } = stage.model;
    this.learning = new Learning({ base: model, ingest: this.#ingest, learner });
    // Before anything is made of a record it is on the log.
    this.#ingest.records.subscribe((record) => {
      this.#recorder?.append(record);
      this.#seen(record);
    });
    const delays = options.pace === "realtime" ? delaysOn(clock) : delayOf(new SystemClock());
    const interpretation = new Interpretation(definition, {
      records: merge(this.#recalled, this.#ingest.records),
      stage,
      answerWith: options.answerWith,
      stopwatch: (frameset) => (this.#isRecalling ? noDelay : delays(frameset)),
      digests: log !== undefined,
      ...(learner !== undefined && { learner }),
      ...(options.learn?.truthEvery !== undefined && { truthEvery: options.learn.truthEvery }),
      ...(parts.past?.state !== undefined && { state: parts.past.state }),
    });
    this.#interpretation = interpretation;
    const [every, learns] = [options.recording?.checkpoints, learner !== undefined];
    if (log !== undefined)
      this.#recorder = new RunRecorder({ log, clock, every, learns, interpretation, model });
    const aligned = () => interpretation.aligned();
    this.#board = new StreamBoard({ streams, wire: inlet.counters, aligned });
    interpretation.framesets.subscribe((frameset) => this.#board.frameset(frameset));
    interpretation.moments.subscribe({
      next: ({ doubts }) => this.#board.doubted(doubts),
      error: () => undefined, // `go` tells
    });
    this.#fleet = fleetOf(parts);
    this.hotPlug = new HotPlug({
      ...{ definition, clock, inlet, control, guard },
      ...{ ingest: this.#ingest, board: this.#board, fleet: this.#fleet },
      headStart: options.pace === "realtime" ? HEAD_START : micros(0),
    });
    this.moments = interpretation.moments;
    this.events = interpretation.events;
    this.problems = this.#problems.asObservable();
    this.records = this.#ingest.records;
    this.labels = this.#ingest.records.pipe(
      filter((record) => record.kind === "LABEL"),
      map(({ label }) => label),
    );
  }

  /** The model that answers. */
  get model(): StageModel {
    return this.#stage.model;
  }

  /** Where sensors push to. */
  get endpoint(): string {
    return this.#inlet.endpoint;
  }

  /** Where the feed's start falls on the run's clock; 0 before `go`. */
  get origin(): Micros {
    return this.#origin;
  }

  /** Now, on the run's clock. */
  now(): Micros {
    return this.#clock.now();
  }

  /** How every stream is. */
  streams(): readonly (StreamSnapshot & { readonly pluggable: boolean })[] {
    return this.#board
      .snapshot(this.#clock.now())
      .map((snapshot) => ({ ...snapshot, pluggable: this.#fleet.owns(snapshot.stream) }));
  }

  /** Why the next frameset is not there yet; undefined before the grid has started. */
  blocking(): Blocking | undefined {
    return this.#interpretation.blocking();
  }

  /** Time between an event's end and its final form, beyond the model's look-ahead. */
  get finalDelay(): Micros {
    return this.#interpretation.finalDelay;
  }

  counters(): RunCounters {
    return { ...this.#interpretation.counts, stageRestarts: this.#stage.restarts };
  }

  /** How far the answers may be trusted, and what the loss of a stream would cost. */
  robustness(): RobustnessReport {
    return this.#interpretation.robustness();
  }

  /**
   * Takes a stream's sensor away, for real: its process is killed. Settles when it is gone, or could not be
   * ended, which is one of the `problems`: the run goes on.
   */
  async unplug(stream: string): Promise<void> {
    await this.hotPlug.unplug(stream).catch((cause: unknown) => {
      this.#tell(`its sensor could not be ended: ${String(cause)}`, stream);
    });
  }

  /** Gives a stream's sensor back: its process is started again, once one that is being ended is gone. */
  replug(stream: string): Promise<void> {
    return this.hotPlug.replug(stream);
  }

  /** How the run's recording is doing; undefined where it is not recorded. */
  recording(): RecordingStatus | undefined {
    return this.#recorder?.status;
  }

  /** How many readings had been given and spans told where it goes on with an earlier run; else 0. */
  get resumedAt(): { readonly moments: number; readonly spans: number } {
    const { moments = 0, spans = 0 } = this.#past?.state ?? {};
    return { moments, spans };
  }

  /** Puts a label on record; what learns takes it to the moments that it is about, late or early. */
  label(label: Label): void {
    this.#ingest.label(label);
  }

  /**
   * Lets the feed run; settles when it has ended and everything has been said, or when disposed.
   *
   * @throws {SensorError} If, on a driven clock, a sensor cannot be started.
   * @throws {DeviceError} If the model's worker died too often.
   */
  async go(): Promise<void> {
    const failed = new Promise<never>((_, reject) => this.moments.subscribe({ error: reject }));
    const continuation = this.#continuation();
    this.#origin = this.#past?.origin ?? this.#begin();
    this.#isRecalling = true;
    this.learning.hold();
    await Promise.race([continuation?.recall(), failed]);
    this.#isRecalling = false;
    if (this.#closing !== undefined) return;
    this.#watch();
    if (continuation === undefined) this.#fleet.start(this.#origin);
    else continuation.startFleet(this.#origin);
    for (const stream of Object.keys(this.definition.streams))
      if (!this.#fleet.owns(stream)) this.#board.unplugged(stream);
    await Promise.race([this.#loop().run(), failed]);
    if (this.#closing === undefined) await this.#stage.drained();
    await this.learning.drained();
    if (this.#closing === undefined) this.#interpretation.finish();
  }

  /** Ends the run. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #loop(): RunLoop {
    const { feed, loop } = this.options;
    return new RunLoop({
      ...{ clock: this.#clock, feed, loop, origin: this.#origin },
      ...{ period: this.definition.grid.period, isResumed: this.#past !== undefined },
      ...{ ingest: this.#ingest, control: this.#control, stage: this.#stage },
      ...{ learning: this.learning, fleet: this.#fleet, schedule: this.#schedule },
      truth: new TruthTeller(feed, loop, this.#origin, this.#past?.truths),
      recorder: this.#recorder,
      unplug: (stream) => this.unplug(stream),
      replug: (stream) => this.replug(stream),
      isClosing: () => this.#closing !== undefined,
    });
  }

  /** Starts a log. @returns Where its grid starts. */
  #begin(): Micros {
    const { period } = this.definition.grid;
    const wait = this.options.pace === "realtime" ? HEAD_START : 0;
    const origin = micros(this.#clock.now() + wait);
    this.#ingest.configure({ version: 1, origin, period });
    this.#ingest.serve({ version: this.#stage.model.version });
    return origin;
  }

  /** What is gone on with; undefined where the log is new. */
  #continuation(): Continuation | undefined {
    const past = this.#past;
    if (past?.origin === undefined) return undefined;
    if (past.isCut && past.state === undefined)
      this.#tell("the log has lost its start and has no checkpoint: it goes on from what is left");
    return new Continuation(past, {
      ...{ definition: this.definition, clock: this.#clock, stage: this.#stage },
      ...{ ingest: this.#ingest, board: this.#board, fleet: this.#fleet },
      ...{ schedule: this.#schedule, headStart: HEAD_START },
      hand: (record) => this.#recalled.next(record),
      seen: (record) => this.#seen(record),
      isClosing: () => this.#closing !== undefined,
    });
  }

  #seen(record: LogRecord): void {
    this.#board.record(record);
    this.learning.observe(record);
  }

  #watch(): void {
    this.#inlet.deliveries.subscribe({
      next: (delivery) => {
        const { message } = delivery;
        this.#ingest.accept(message);
        this.#fleet.heard(message);
        const { stream } = message.kind === "data" ? message.chunk : message;
        // Somebody else's publisher speaks where we started no sensor.
        if (!this.#fleet.owns(stream)) this.#board.plugged(stream);
        delivery.release();
      },
      error: (cause: unknown) =>
        this.#tell(`the inlet failed: ${cause instanceof Error ? cause.message : cause}`),
    });
    this.#inlet.refusals.subscribe(({ stream, problem }) => this.#tell(problem, stream));
    this.#guard?.refusals.subscribe(({ problem }) => this.#tell(problem));
    this.#control.refusals.subscribe(({ problem }) => this.#tell(problem));
    this.learning.failures.subscribe((why) => this.#tell(`learning stopped: ${why.message}`));
    this.#logFailures.subscribe(({ message }) => this.#tell(`recording stopped: ${message}`));
    this.#fleet.news.subscribe(({ stream, status }) => {
      if (status.state === "crashed" || status.state === "failed")
        this.#tell(status.reason, stream);
    });
  }

  #tell(text: string, stream?: string): void {
    if (stream !== undefined) this.#board.problem(stream, text);
    this.#problems.next(stream === undefined ? { text } : { text, stream });
  }

  async #close(): Promise<void> {
    await this.#fleet[Symbol.asyncDispose]();
    await this.#prober?.[Symbol.asyncDispose]();
    await this.#control[Symbol.asyncDispose]();
    await this.#inlet[Symbol.asyncDispose]();
    await this.#guard?.[Symbol.asyncDispose]();
    this.#ingest.complete();
    await this.#stage[Symbol.asyncDispose]();
    await this.learning[Symbol.asyncDispose]();
    await this.#recorder?.[Symbol.asyncDispose]();
    this.#problems.complete();
  }
}
