import type { Observable } from "rxjs";

import type { DrivenClock } from "../clock/DrivenClock.ts";
import type { SystemClock } from "../clock/SystemClock.ts";
import type { LogError } from "../errors.ts";
import type { LogWriter } from "../log/LogWriter.ts";
import type { Learner } from "../stage/Learner.ts";
import type { Stage } from "../stage/Stage.ts";
import type { ClockProber } from "../wire/ClockProber.ts";
import type { ControlServer } from "../wire/ControlServer.ts";
import type { CurveGuard } from "../wire/CurveGuard.ts";
import type { Inlet } from "../wire/Inlet.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import type { RunOptions } from "./RunOptions.ts";
import type { PastLog } from "./readPast.ts";

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
