import { filter, map, type Observable, Subject } from "rxjs";

import type { Blocking } from "../align/Blocking.ts";
import { DrivenClock } from "../clock/DrivenClock.ts";
import { SystemClock } from "../clock/SystemClock.ts";
import type { LogError } from "../errors.ts";
import type { EventSpan, Label } from "../frames/EventSpan.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { LogWriter } from "../log/LogWriter.ts";
import type { Stage, StageModel } from "../stage/Stage.ts";
import { Rng } from "../tensor/Rng.ts";
import { type Micros, micros, millis, seconds } from "../units.ts";
import type { ClockProber } from "../wire/ClockProber.ts";
import type { ControlServer } from "../wire/ControlServer.ts";
import type { CurveGuard } from "../wire/CurveGuard.ts";
import type { Inlet } from "../wire/Inlet.ts";
import { DropSchedule } from "./DropSchedule.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { delayOf, delaysOn } from "./delays.ts";
import { Ingest } from "./Ingest.ts";
import { Interpretation } from "./Interpretation.ts";
import type { Moment } from "./Moment.ts";
import type { RunOptions } from "./RunOptions.ts";
import { SensorFleet } from "./SensorFleet.ts";
import { StreamBoard, type StreamSnapshot } from "./StreamBoard.ts";

/** How long a run goes on after its feed: until whoever was unplugged at the end counts as idle. */
const WIND_DOWN = millis(500);

/** Time the sensors' processes get to come up before a feed starts on the machine's clock. */
const HEAD_START = seconds(2);

/** How often silence, drops and ends are looked for on the machine's clock. */
const POLL_MS = 10;

/** How far before its loop a replay's truth is put on record. */
const TRUTH_AHEAD = seconds(1);

/** What a run is made of, opened and ready. */
export interface RunParts {
  readonly definition: PipelineDefinition;
  readonly options: RunOptions;
  readonly clock: SystemClock | DrivenClock;
  readonly stage: Stage;
  readonly inlet: Inlet;
  readonly control: ControlServer;
  /** Probes the sensors' clocks; absent where their time is ours: on a driven clock. */
  readonly prober: ClockProber | undefined;
  /** Keeps strangers out of both; none where nothing is encrypted. */
  readonly guard: CurveGuard | undefined;
  readonly log: LogWriter | undefined;
  /** Told when the log can no longer be written. */
  readonly logFailures: Observable<LogError>;
}

/** A pipeline's own counts, beside those of its streams. */
export interface RunCounters {
  readonly framesets: number;
  readonly moments: number;
  /** Rows that the model refused because too many waited. */
  readonly refusedRows: number;
  /** Workers of the stage that died and were replaced. */
  readonly stageRestarts: number;
}

/**
 * A pipeline at work.
 *
 * The way of a frame: a sensor's process pushes it to the inlet, `Ingest` puts everything that happens
 * in one order, the log, and `Interpretation` is what follows from the log.
 *
 * Key behaviours:
 * - `startPipeline` opens it; subscribe, then call `go`.
 * - A sensor that dies, lies or falls silent ends nothing; see `streams()`.
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
  readonly #log: LogWriter | undefined;
  readonly #logFailures: Observable<LogError>;
  readonly #problems = new Subject<{ readonly text: string; readonly stream?: string }>();
  #origin = micros(0);
  #truthLoops = 0;
  #closing: Promise<void> | undefined;

  /** @param parts Opened for this run, and owned by it from now on; see `startPipeline`. */
  constructor(parts: RunParts) {
    const { definition, options, clock, stage, inlet, control, guard, log, logFailures } = parts;
    this.definition = definition;
    this.options = options;
    this.#clock = clock;
    this.#stage = stage;
    this.#inlet = inlet;
    this.#control = control;
    this.#prober = parts.prober;
    this.#prober?.waves.subscribe((wave) => this.#ingest.measured(wave));
    this.#guard = guard;
    this.#log = log;
    this.#logFailures = logFailures;
    const streams = Object.values(definition.streams).map(({ description }) => description);
    this.#schedule = new DropSchedule(options.drops, Object.keys(definition.streams));
    const { skew, skewRange: range } = definition.grid;
    this.#ingest = new Ingest({
      clock,
      streams,
      readsOurClock: (stream) => this.#fleet.owns(stream),
      ...(range !== undefined && {
        skew: { initial: skew, floor: range.least, ceiling: range.most },
      }),
    });
    // Before anything is made of a record it is on the log.
    this.#ingest.records.subscribe((record) => {
      this.#log?.append(record);
      this.#board.record(record);
    });
    this.#interpretation = new Interpretation(definition, {
      records: this.#ingest.records,
      stage,
      answerWith: options.answerWith,
      stopwatch: options.pace === "realtime" ? delaysOn(clock) : delayOf(new SystemClock()),
    });
    this.#board = new StreamBoard({
      streams,
      wire: inlet.counters,
      aligned: () => this.#interpretation.aligned(),
    });
    this.#interpretation.framesets.subscribe((frameset) => this.#board.frameset(frameset));
    const rng = Rng.fromSeed(options.seed);
    this.#fleet = new SensorFleet({
      streams,
      feed: options.feed,
      without: options.without,
      loop: options.loop,
      folder: options.sensors,
      connect: inlet.endpoint,
      control: control.endpoint,
      ...(guard !== undefined && { curve: guard.issue("sensors of this run") }),
      random: () => rng.uniform(),
    });
    this.moments = this.#interpretation.moments;
    this.events = this.#interpretation.events;
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

  counters(): RunCounters {
    return {
      ...this.#interpretation.counts,
      refusedRows: this.#stage.refused,
      stageRestarts: this.#stage.restarts,
    };
  }

  /** Takes a stream's sensor away, for real: its process is killed. Settles when it is gone. */
  async unplug(stream: string): Promise<void> {
    this.#board.unplugged(stream);
    await this.#fleet.unplug(stream);
  }

  /** Gives a stream's sensor back: its process is started again. */
  replug(stream: string): void {
    this.#board.plugged(stream);
    this.#fleet.replug(stream);
  }

  /** Adds to the metadata of the run's recording, where it is recorded. */
  note(metadata: Readonly<Record<string, string>>): void {
    this.#log?.note(metadata);
  }

  /** Puts a label on record. */
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
    const { pace } = this.options;
    const { period } = this.definition.grid;
    this.#origin = micros(this.#clock.now() + (pace === "realtime" ? HEAD_START : 0));
    this.#ingest.configure({ version: 1, origin: this.#origin, period });
    this.#ingest.serve(this.#stage.model.version);
    this.#watch();
    this.#fleet.start(this.#origin);
    for (const stream of Object.keys(this.definition.streams))
      if (!this.#fleet.owns(stream)) this.#board.unplugged(stream);
    this.#tellTruth();
    const failed = new Promise<never>((_, reject) => this.moments.subscribe({ error: reject }));
    await Promise.race([
      this.#clock instanceof DrivenClock ? this.#drive(this.#clock) : this.#poll(),
      failed,
    ]);
    if (this.#closing === undefined) await this.#finish();
  }

  /** Ends the run. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #watch(): void {
    this.#inlet.deliveries.subscribe({
      next: ({ message, release }) => {
        this.#ingest.accept(message);
        this.#fleet.heard(message);
        const { stream } = message.kind === "data" ? message.chunk : message;
        // Somebody else's publisher speaks where we started no sensor.
        if (!this.#fleet.owns(stream)) this.#board.plugged(stream);
        release();
      },
      error: (cause: unknown) => this.#tell(`the inlet failed: ${textOf(cause)}`),
    });
    this.#inlet.refusals.subscribe(({ stream, problem }) => this.#tell(problem, stream));
    this.#guard?.refusals.subscribe(({ problem }) => this.#tell(problem));
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

  /** Puts the truth of the next pass of the feed on record before it begins. */
  #tellTruth(): void {
    const { feed, loop } = this.options;
    const length = feed.duration ?? 0;
    while (this.#truthLoops === 0 || (loop && length > 0)) {
      const start = this.#origin + this.#truthLoops * length;
      if (start > this.#clock.now() + HEAD_START + TRUTH_AHEAD) return;
      for (const { from, to, ...label } of feed.truth)
        this.#ingest.label({ ...label, from: micros(start + from), to: micros(start + to) });
      this.#truthLoops++;
    }
  }

  /** Takes away and gives back what is due. */
  async #dropDue(): Promise<void> {
    for (const { stream, action } of this.#schedule.due(micros(this.#clock.now() - this.#origin)))
      if (action === "unplug") await this.unplug(stream);
      else this.replug(stream);
  }

  /** Moves the run's own clock, one grid period at a time, as fast as everybody can follow. */
  async #drive(clock: DrivenClock): Promise<void> {
    const { period } = this.definition.grid;
    await this.#fleet.reached(clock.now());
    while (this.#closing === undefined && !this.#isOver()) {
      // Before the clock moves, everything due by now has come in and who was given back has come up: a
      // plug is pulled, and put back in, at its very instant.
      await this.#dropDue();
      await this.#fleet.reached(clock.now());
      clock.advance(micros(clock.now() + period));
      await this.#control.tick(clock.now());
      await this.#fleet.reached(clock.now());
      this.#ingest.poll();
      this.#tellTruth();
      await this.#stage.drained();
    }
  }

  /** Lets the machine's clock run. */
  #poll(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        void this.#dropDue();
        this.#ingest.poll();
        this.#tellTruth();
        if (this.#closing === undefined && !this.#isOver()) return;
        clearInterval(timer);
        resolve();
      }, POLL_MS);
    });
  }

  /** Whether the feed has ended and nobody has anything left to say. */
  #isOver(): boolean {
    const { feed, loop } = this.options;
    if (loop || feed.duration === undefined) return false;
    return this.#clock.now() >= this.#origin + feed.duration + WIND_DOWN && this.#fleet.finished;
  }

  async #finish(): Promise<void> {
    await this.#stage.drained();
    this.#interpretation.finish();
  }

  async #close(): Promise<void> {
    await this.#fleet[Symbol.asyncDispose]();
    await this.#prober?.[Symbol.asyncDispose]();
    await this.#control[Symbol.asyncDispose]();
    await this.#inlet[Symbol.asyncDispose]();
    await this.#guard?.[Symbol.asyncDispose]();
    this.#ingest.complete();
    await this.#stage[Symbol.asyncDispose]();
    await this.#log?.[Symbol.asyncDispose]();
    this.#problems.complete();
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
