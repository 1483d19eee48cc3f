import type { Observable } from "rxjs";

import type { DrivenClock } from "../clock/DrivenClock.ts";
import type { SystemClock } from "../clock/SystemClock.ts";
import type { LogError } from "../errors.ts";
import type { LogWriter } from "../log/LogWriter.ts";
import type { Learner } from "../stage/Learner.ts";
import type { Stage } from "../stage/Stage.ts";
import { Rng } from "../tensor/Rng.ts";
import type { ClockProber } from "../wire/ClockProber.ts";
import type { ControlServer } from "../wire/ControlServer.ts";
import type { CurveGuard } from "../wire/CurveGuard.ts";
import type { Inlet } from "../wire/Inlet.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { Ingest } from "./Ingest.ts";
import type { RunOptions } from "./RunOptions.ts";
import type { PastLog } from "./readPast.ts";
import { SensorFleet } from "./SensorFleet.ts";

/** What a run is made of, opened and ready. */
export interface RunParts {
  readonly definition: PipelineDefinition;
  readonly options: RunOptions;
  readonly clock: SystemClock | DrivenClock;
  readonly stage: Stage;
  /** Learns from what the stage answers; none where nothing learns. */
  readonly learner: Learner | undefined;
  readonly inlet: Inlet;
  readonly control: ControlServer;
  /** Probes the sensors' clocks; absent where their time is ours: on a driven clock. */
  readonly prober: ClockProber | undefined;
  /** Keeps strangers out of both; none where nothing is encrypted. */
  readonly guard: CurveGuard | undefined;
  readonly log: LogWriter | undefined;
  /** Told when the log can no longer be written. */
  readonly logFailures: Observable<LogError>;
  /** What the log held before; absent where it is new. */
  readonly past: PastLog | undefined;
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

/** What brings everything into one order. @param isOurs Whether a stream's sensor is the run's own. */
export function ingestOf(
  { definition, clock }: RunParts,
  isOurs: (stream: string) => boolean,
): Ingest {
  const { skew, skewRange: range } = definition.grid;
  return new Ingest({
    clock,
    streams: Object.values(definition.streams).map(({ description }) => description),
    readsOurClock: isOurs,
    ...(range !== undefined && {
      skew: { initial: skew, floor: range.least, ceiling: range.most },
    }),
  });
}

/** The sensors of a run, not started yet. */
export function fleetOf({ definition, options, inlet, control, guard }: RunParts): SensorFleet {
  const rng = Rng.fromSeed(options.seed);
  return new SensorFleet({
    streams: Object.values(definition.streams).map(({ description }) => description),
    feed: options.feed,
    without: options.without,
    loop: options.loop,
    folder: options.sensors,
    connect: inlet.endpoint,
    control: control.endpoint,
    ...(guard !== undefined && { curve: guard.issue("sensors of this run") }),
    random: () => rng.uniform(),
  });
}
