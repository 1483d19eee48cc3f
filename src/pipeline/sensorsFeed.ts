import { ConfigError } from "../errors.ts";
import type { Feed, FeedRequest, SensorPlan } from "./Feed.ts";
import { recordingFeed } from "./recordingFeed.ts";

/**
 * A pipeline's way to its feed where it has no demo and no data set: these sensors, live, or any recording
 * of its streams that a person names.
 *
 * @param sensors One plan per stream.
 * @returns For `definePipeline`'s `feed`; it throws a `ConfigError` where a data set is asked for.
 */
export function sensorsFeed(
  sensors: Readonly<Record<string, SensorPlan>>,
): (request: FeedRequest) => Promise<Feed> {
  return async ({ recording, data }) => {
    if (data !== undefined)
      throw new ConfigError("feed", `expected sensors or --recording, got --data ${data}`);
    if (recording !== undefined) return recordingFeed(recording);
    const kinds = Object.values(sensors).map(({ kind }) => kind);
    return { name: kinds.join(" and ") || "no sensor", sensors, truth: [] };
  };
}
