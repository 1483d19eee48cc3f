import type { Feed } from "../pipeline/Feed.ts";
import { type OfferedStream, offeredStreams } from "../pipeline/offeredStreams.ts";
import type { SensorSpec } from "../pipeline/parseSensorSpec.ts";
import type { Recordable } from "../pipeline/recordFeed.ts";
import { millis } from "../units.ts";
import { loadPipeline } from "./loadPipeline.ts";

/** Where streams belong that are no pipeline's. */
export const OWN_SITE = "desk";
/** Grid of a recording that is no pipeline's: only the recording's start and row ids depend on it. */
const OWN_PERIOD = millis(40);

/** Sensors that a person named, as what is recorded or run. */
export interface NamedSensors {
  readonly recordable: Recordable;
  readonly feed: Feed;
  /** Streams of sensors that end by themselves. */
  readonly ending: readonly string[];
}

/**
 * The sensors named with `--sensor`: of a pipeline's streams where one is named, else streams of their own.
 *
 * @param pipeline Name or path of the pipeline.
 * @param sensors Folder with the project's sensors.
 * @returns undefined where no sensor is named.
 * @throws {ConfigError} If a sensor is unknown or fits no stream of the pipeline.
 */
export async function sensorsNamed(
  specs: readonly SensorSpec[],
  pipeline: string | undefined,
  sensors: string,
): Promise<NamedSensors | undefined> {
  if (specs.length === 0) return undefined;
  const definition = pipeline === undefined ? undefined : await loadPipeline(pipeline);
  const into = Object.values(definition?.streams ?? {}).map(({ description }) => description);
  const found = await offeredStreams(specs, {
    ...{ sensors, site: definition?.site ?? OWN_SITE },
    ...(definition !== undefined && { into }),
  });
  const own = Object.fromEntries(
    found.map(({ description }) => [description.stream, { description }]),
  );
  return {
    recordable: definition ?? { name: "sensors", grid: { period: OWN_PERIOD }, streams: own },
    feed: feedOf(specs, found),
    ending: found.filter(({ ends }) => ends).map(({ description }) => description.stream),
  };
}

function feedOf(specs: readonly SensorSpec[], found: readonly OfferedStream[]): Feed {
  return {
    name: specs.map(({ text }) => text).join(" and "),
    sensors: Object.fromEntries(found.map(({ description, plan }) => [description.stream, plan])),
    truth: [],
  };
}
