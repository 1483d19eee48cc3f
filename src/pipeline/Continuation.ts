import { IdleWatch } from "../align/IdleWatch.ts";
import { DrivenClock } from "../clock/DrivenClock.ts";
import type { SystemClock } from "../clock/SystemClock.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { Stage } from "../stage/Stage.ts";
import { type Micros, micros } from "../units.ts";
import type { DropSchedule } from "./DropSchedule.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { fleetPast } from "./fleetPast.ts";
import { IdleRecall } from "./IdleRecall.ts";
import type { Ingest } from "./Ingest.ts";
import type { PastLog } from "./readPast.ts";
import type { SensorFleet } from "./SensorFleet.ts";
import type { StreamBoard } from "./StreamBoard.ts";

/** Records handed over between two looks at whether the model keeps up. */
const BATCH = 16;
/** Rows that may wait for it meanwhile. */
const AHEAD = 64;

/** The parts of a run that have to be brought to where they were. All borrowed. */
export interface ContinuedParts {
  readonly definition: PipelineDefinition;
  readonly clock: SystemClock | DrivenClock;
  readonly stage: Stage;
  readonly ingest: Ingest;
  readonly board: StreamBoard;
  readonly fleet: SensorFleet;
  readonly schedule: DropSchedule;
  /** Time the sensors get to come up on the machine's clock. */
  readonly headStart: Micros;
  /** Called with what is on record and is to be interpreted again. */
  readonly hand: (record: LogRecord) => void;
  /** Called with each record of the log, those before the place that is gone on from too. */
  readonly seen: (record: LogRecord) => void;
  /** Whether the run has been told to end. */
  readonly isClosing: () => boolean;
}

/** Goes on with a run that was killed: first `recall`, then `startFleet`. */
export class Continuation {
  readonly #past: PastLog;
  readonly #parts: ContinuedParts;
  readonly #isDriven: boolean;

  constructor(past: PastLog, parts: ContinuedParts) {
    this.#past = past;
    this.#parts = parts;
    this.#isDriven = parts.clock instanceof DrivenClock;
  }

  /**
   * Makes again what followed from the log since the last checkpoint; settles when it has been said, or the run has
   * been told to end.
   */
  async recall(): Promise<void> {
    const { definition, clock, stage, ingest, headStart, hand, seen, isClosing } = this.#parts;
    const streams = Object.values(definition.streams).map(({ description }) => description);
    const idle = new IdleRecall(streams);
    let handed = 0;
    for await (const { record, isNew } of this.#past.records()) {
      if (isClosing()) return;
      idle.observe(record);
      seen(record);
      ingest.recall(record);
      if (!isNew) continue;
      hand(record);
      handed++;
      if (handed % BATCH === 0) await stage.drained(AHEAD);
    }
    await stage.drained();
    if (clock instanceof DrivenClock && this.#past.to !== undefined) clock.advance(this.#past.to);
    // Nobody was listening meanwhile: on the machine's clock silence counts anew.
    const since = micros(clock.now() + headStart);
    const watch = this.#isDriven ? idle.watch : undefined;
    ingest.resume(watch ?? new IdleWatch({ streams, since }));
    if (this.#past.model !== stage.model.version) ingest.serve({ version: stage.model.version });
  }

  /** Starts the sensors as they were. @param origin Where the feed's start falls. */
  startFleet(origin: Micros): void {
    const { definition, clock, board, fleet, schedule } = this.#parts;
    const streams = Object.keys(definition.streams);
    const { period } = definition.grid;
    // What was due at the last tick itself is done after what came in at it.
    const offset = clock.now() - origin - (this.#isDriven ? period : 0);
    const passed = schedule.passed(micros(offset));
    const isDriven = this.#isDriven;
    const before = fleetPast({ past: this.#past, passed, streams, origin, period, isDriven });
    fleet.start(origin, before);
    for (const stream of streams)
      if (before.unplugged.has(stream)) board.unplugged(stream);
      else board.plugged(stream);
  }
}
