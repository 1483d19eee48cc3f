import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { ConfigError } from "../errors.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { Micros } from "../units.ts";
import type { Feed, FeedRequest, SensorPlan } from "./Feed.ts";
import { recordingFeed } from "./recordingFeed.ts";

/** Clips on one line, as the sensors of a feed stream them, and what they show. */
export interface ClipFeed {
  /** For people: "MHD digits dev, 50 clips". */
  readonly name: string;
  readonly duration: Micros;
  readonly labels: readonly Label[];
  /** One plan for each stream, or one that serves them all. */
  readonly sensors: SensorPlan | Readonly<Record<string, SensorPlan>>;
}

/** Which clips a person asked for. */
export interface ClipRequest extends Pick<FeedRequest, "split" | "seed" | "count" | "condition"> {
  /** Folder of the data set; empty of what is generated. */
  readonly directory: string;
}

type Clips = (request: ClipRequest) => ClipFeed | Promise<ClipFeed>;

/** What a pipeline with a demo can run on. */
export interface DemoFeedOptions {
  /** The pipeline's name, for messages. */
  readonly pipeline: string;
  /** Its streams that a feed's sensors can give. */
  readonly streams: readonly string[];
  /** The recording that comes with it. */
  readonly demo: URL;
  /** This machine's own sensors, or in words what to do where it has none. */
  readonly live: Pick<Feed, "name" | "sensors"> | string;
  /** Clips that are made instead of read, by what `--data` calls them: `generated`. */
  readonly generated?: Readonly<Record<string, Clips>>;
  /** Clips of its data set: `--data DIR`. */
  readonly dataSet: Clips;
  /** Harder conditions that the data set can be had in. */
  readonly conditions?: readonly string[];
}

/**
 * A pipeline's way to its feed where it has a demo and a data set. What a person asks for comes first: this
 * machine's sensors, then clips, generated or of the data set, in an order and with gaps drawn from the seed,
 * then any recording of its streams; else the demo.
 *
 * @returns For `definePipeline`'s `feed`. It throws a `ConfigError` where the machine has no such sensors, or
 *   there is no such condition; and what the clips throw.
 */
export function demoFeed(options: DemoFeedOptions): (request: FeedRequest) => Promise<Feed> {
  const { pipeline, streams, demo, live, generated = {}, dataSet, conditions = [] } = options;
  const where = `pipeline ${pipeline}`;
  return async ({ live: isLive, data, recording, ...request }) => {
    const { condition } = request;
    if (condition !== undefined && (data === undefined || !conditions.includes(condition)))
      throw new ConfigError(
        where,
        `condition: expected one of ${conditions.join(", ") || "none"} and a data set, got ${condition}`,
      );
    if (isLive && typeof live === "string") throw new ConfigError(where, live);
    if (isLive && typeof live !== "string") return { ...live, truth: [] };
    const made = data === undefined ? undefined : generated[data];
    if (made !== undefined) return feedOf(await made({ ...request, directory: "" }), streams);
    if (data !== undefined)
      return feedOf(await dataSet({ ...request, directory: resolve(data) }), streams);
    if (recording !== undefined) return recordingFeed(recording);
    return recordingFeed(fileURLToPath(demo), "demo recording");
  };
}

function feedOf({ name, duration, labels, sensors }: ClipFeed, streams: readonly string[]): Feed {
  return {
    ...{ name, duration, truth: labels },
    sensors: isPlan(sensors)
      ? Object.fromEntries(streams.map((stream) => [stream, sensors]))
      : sensors,
  };
}

function isPlan(sensors: ClipFeed["sensors"]): sensors is SensorPlan {
  return typeof sensors["kind"] === "string";
}
