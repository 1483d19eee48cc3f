import { DrivenClock } from "../clock/DrivenClock.ts";
import type { SystemClock } from "../clock/SystemClock.ts";
import type { Stage } from "../stage/Stage.ts";
import { type Micros, micros, millis } from "../units.ts";
import type { ControlServer } from "../wire/ControlServer.ts";
import type { DropSchedule } from "./DropSchedule.ts";
import type { Feed } from "./Feed.ts";
import type { Ingest } from "./Ingest.ts";
import type { Learning } from "./Learning.ts";
import type { RunRecorder } from "./RunRecorder.ts";
import type { SensorFleet } from "./SensorFleet.ts";
import type { TruthTeller } from "./TruthTeller.ts";

/** How long a run goes on after its feed: until whoever was unplugged at the end counts as idle. */
const WIND_DOWN = millis(500);

/** How often silence, drops and ends are looked for on the machine's clock. */
const POLL_MS = 10;

/** The parts of a run that something falls due for as its time passes. All borrowed. */
export interface RunLoopParts {
  readonly clock: SystemClock | DrivenClock;
  readonly feed: Feed;
  /** Whether the feed starts over when it ends. */
  readonly loop: boolean;
  /** Where the feed's start falls. */
  readonly origin: Micros;
  /** Of the grid. */
  readonly period: Micros;
  /** Whether an earlier run is gone on with. */
  readonly isResumed: boolean;
  readonly ingest: Ingest;
  readonly control: ControlServer;
  readonly stage: Stage;
  readonly learning: Learning;
  readonly fleet: SensorFleet;
  readonly schedule: DropSchedule;
  readonly truth: TruthTeller;
  readonly recorder: RunRecorder | undefined;
  /** Takes a stream's sensor away; settles when it is gone. */
  readonly unplug: (stream: string) => Promise<void>;
  /** Gives it back; settles when it has been started. */
  readonly replug: (stream: string) => Promise<void>;
  /** Whether the run has been told to end. */
  readonly isClosing: () => boolean;
}

/**
 * Lets a run's time pass, and does what falls due: looks for silence, takes sensors away and gives them back,
 * tells the truth of the next pass, takes checkpoints, notices the end.
 */
export class RunLoop {
  readonly #parts: RunLoopParts;

  constructor(parts: RunLoopParts) {
    this.#parts = parts;
  }

  /**
   * Settles when the feed has ended and nobody has anything left to say, or the run is told to end.
   *
   * @throws Whatever goes wrong on the way, on either clock.
   */
  run(): Promise<void> {
    const { clock } = this.#parts;
    this.#tellTruth();
    return clock instanceof DrivenClock ? this.#drive(clock) : this.#poll();
  }

  /** Moves the run's own clock, one grid period at a time, as fast as everybody can follow. */
  async #drive(clock: DrivenClock): Promise<void> {
    const { period, fleet, ingest, control, stage, learning, recorder, isResumed } = this.#parts;
    await fleet.reached(clock.now());
    if (isResumed) ingest.poll();
    // What is decided is on record at the end of the tick in which it is, whenever the thread comes to it.
    await learning.settle({ andHold: true });
    while (!this.#isOver()) {
      // Before the clock moves, everything due by now has come in and who was given back has come up: a
      // plug is pulled, and put back in, at its very instant.
      await this.#dropDue();
      await fleet.reached(clock.now());
      clock.advance(micros(clock.now() + period));
      await control.tick(clock.now());
      await fleet.reached(clock.now());
      ingest.poll();
      this.#tellTruth();
      await stage.drained();
      await learning.settle({ andHold: true });
      recorder?.poll();
    }
  }

  /** Lets the machine's clock run. */
  async #poll(): Promise<void> {
    const { ingest, learning, recorder } = this.#parts;
    await learning.settle({ andHold: false });
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => {
        clearInterval(timer);
        reject(cause);
      };
      const timer = setInterval(() => {
        this.#dropDue().catch(fail);
        try {
          ingest.poll();
          this.#tellTruth();
          recorder?.poll();
        } catch (cause) {
          fail(cause);
        }
        if (!this.#isOver()) return;
        clearInterval(timer);
        resolve();
      }, POLL_MS);
    });
  }

  /** Puts the truth of the next pass of the feed on record before it begins. */
  #tellTruth(): void {
    const { truth, clock, ingest } = this.#parts;
    for (const label of truth.due(clock.now())) ingest.label(label);
  }

  /** Takes away and gives back what is due. */
  async #dropDue(): Promise<void> {
    const { schedule, clock, origin, unplug, replug } = this.#parts;
    for (const { stream, action } of schedule.due(micros(clock.now() - origin)))
      if (action === "unplug") await unplug(stream);
      else await replug(stream);
  }

  #isOver(): boolean {
    const { feed, loop, clock, origin, fleet, isClosing } = this.#parts;
    if (isClosing()) return true;
    if (loop || feed.duration === undefined) return false;
    return clock.now() >= origin + feed.duration + WIND_DOWN && fleet.finished;
  }
}
