import type { Label } from "../frames/EventSpan.ts";
import type { Micros } from "../units.ts";

/** How to start the sensor behind one stream: a file of `sensors/` and what it is told. */
export interface SensorPlan {
  /** Name of the sensor's file in `sensors/`, without extension: `recording`, `microphone`. */
  readonly kind: string;
  /** What that sensor takes, as plain JSON: it travels to the sensor's own process. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Where a pipeline's frames come from in one run: a recording, a data set, the room itself. */
export interface Feed {
  /** What it is, for people: "demo recording", "GRID dev, 150 sentences". */
  readonly name: string;
  /** How long it lasts, in µs; absent for a live feed, which never ends by itself. */
  readonly duration?: Micros;
  /** One plan per stream that this feed can give; a stream without one stays silent. */
  readonly sensors: Readonly<Record<string, SensorPlan>>;
  /** What truly happened, timed from the start of the feed; empty where nobody knows. */
  readonly truth: readonly Label[];
}

/** What a person chose on the command line, for a pipeline to pick and open its feed. */
export interface FeedRequest {
  /** Use the sensors of this very machine. */
  readonly live: boolean;
  /** A recording to replay instead of the pipeline's own. */
  readonly recording?: string;
  /** Folder of a data set to stream instead. */
  readonly data?: string;
  /** Split of that data set. */
  readonly split: string;
  /** How many of its items; all when absent. */
  readonly count?: number;
  /** Seed of whatever the feed draws at random: gaps, noise, order. */
  readonly seed: number;
  /** One of the pipeline's `conditions`; as recorded unless given. */
  readonly condition?: string;
}
