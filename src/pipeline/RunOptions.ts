import type { OnlineOptions } from "../learn/online/OnlineOptions.ts";
import type { OpenFile } from "../log/LogFile.ts";
import type { SegmentOptions } from "../log/LogWriterOptions.ts";
import type { RetentionOptions } from "../log/Retention.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import type { Micros } from "../units.ts";
import type { CurveGuardOptions } from "../wire/CurveGuard.ts";
import type { Drop } from "./DropSchedule.ts";
import type { Feed } from "./Feed.ts";

/**
 * - `realtime`: on the machine's clock; a replay takes as long as it took to record
 * - `driven`: on the run's own clock, as fast as it goes; idle times, drops and gaps are exact in the
 *   feed's time and the same on every run
 */
export type Pace = "realtime" | "driven";

/** How a run's log is recorded. */
export interface RecordingOptions {
  /** Makes it a folder of segments of such sizes. */
  readonly segments?: SegmentOptions;
  /** How much of it is kept; all unless given. */
  readonly keep?: RetentionOptions;
  /** Time between two checkpoints, in µs. Default 10 s. */
  readonly checkpoints?: Micros;
  /** How its files are opened; the system's way unless given. */
  readonly openFile?: OpenFile;
  /** Goes on with the log, where there is one, and with all that followed from it. */
  readonly resume?: ResumeOptions;
}

/** From where to go on with a log. */
export interface ResumeOptions {
  /** No more readings may have been given until there, no more spans told; any number unless given. */
  readonly moments?: number;
  readonly spans?: number;
}

/** How a run learns from its stream; docs/learning.md. */
export interface LearnOptions {
  /** What differs from `ONLINE_DEFAULTS`. */
  readonly online?: Partial<OnlineOptions>;
  /** Every how many labels of the feed's own truth one teaches; none does unless given. */
  readonly truthEvery?: number;
}

/** What a run of a pipeline is told. */
export interface RunOptions {
  readonly feed: Feed;
  readonly pace: Pace;
  /** Start the feed over when it ends. */
  readonly loop: boolean;
  /** Streams whose sensor is never started. */
  readonly without: readonly string[];
  /** Times at which a stream's sensor is taken away and given back. */
  readonly drops: readonly Drop[];
  /** Streams that contain the answer and shall count all the same. */
  readonly answerWith: readonly string[];
  readonly device: DeviceChoice;
  /** Threads of the model's session. */
  readonly threads: number;
  /** Seed of what the run draws at random: the jitter of restarts. */
  readonly seed: number;
  /** Where sensors push to; a free port of the loopback interface unless given. */
  readonly bind?: string;
  /** Publishers elsewhere to subscribe to. */
  readonly subscribe?: readonly string[];
  /** Where sensors on other machines find the control path; a free loopback port unless given. */
  readonly control?: string;
  /** Encrypts the wire and lets in only whom it lists; without it no other machine is let in. */
  readonly curve?: CurveGuardOptions;
  /** Allows `bind` and `control` to be reached from other machines without encryption. */
  readonly insecure?: boolean;
  /** Learns while it serves; it does not unless given. */
  readonly learn?: LearnOptions;
  /** File, or folder of segments, to record the log to; not recorded when absent. */
  readonly record?: string;
  /** How it is recorded. */
  readonly recording?: RecordingOptions;
  /** Folder with the compiled sensors. */
  readonly sensors: string;
}
