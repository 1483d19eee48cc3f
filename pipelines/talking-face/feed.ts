import { fileURLToPath } from "node:url";
import {
  assetUrl,
  ConfigError,
  type Feed,
  type FeedRequest,
  recordingFeed,
} from "../../src/index.ts";
import { corpusFeed } from "./corpus/corpusFeed.ts";

/** Sentence over babble, in dB, by condition: four other sentences of the split lie under every one. */
const BABBLE_DB: Readonly<Record<string, number>> = { babble0dB: 0, "babble-5dB": -5 };

/** Harder conditions that the data set can be heard in. */
export const CONDITIONS = Object.keys(BABBLE_DB);

/** Where the mouth is to be held: the middle of the camera's picture. */
const MOUTH = [0.3, 0.31, 0.4, 0.38];

/** The recording that comes with the project: synthetic speech and a drawn mouth. */
const DEMO = assetUrl(import.meta.url, "./demo/recording.mcap");

/**
 * Opens what the pipeline is to run on.
 *
 * - `live`: this machine's microphone and camera; the camera must look at the mouth
 * - `data`: sentences of a GRID-like data set, one after the other with gaps of room noise
 * - `recording`: any recording of this pipeline
 * - otherwise the demo recording
 */
export async function openFeed(request: FeedRequest): Promise<Feed> {
  const { live, data, split, count, seed, recording, condition } = request;
  const babbleDb = condition === undefined ? undefined : BABBLE_DB[condition];
  if (condition !== undefined && (data === undefined || babbleDb === undefined))
    throw new ConfigError(
      "talking-face",
      `condition: expected one of ${CONDITIONS.join(", ")} and a data set, got ${condition}`,
    );
  if (live)
    return {
      name: "microphone and camera",
      sensors: {
        audio: { kind: "microphone", options: {} },
        video: { kind: "camera", options: { crop: MOUTH } },
      },
      truth: [],
    };
  if (data !== undefined)
    return corpusFeed({
      ...{ data, split, seed },
      ...(count !== undefined && { sentences: count }),
      ...(babbleDb !== undefined && { babbleDb }),
    });
  if (recording !== undefined) return recordingFeed(recording);
  return recordingFeed(fileURLToPath(DEMO), "demo recording");
}
