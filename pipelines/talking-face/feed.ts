import { fileURLToPath } from "node:url";
import { assetUrl, type Feed, type FeedRequest, recordingFeed } from "../../src/index.ts";
import { corpusFeed } from "./corpus/corpusFeed.ts";

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
  const { live, data, split, count, seed, recording } = request;
  if (live)
    return {
      name: "microphone and camera",
      sensors: {
        audio: { kind: "microphone", options: {} },
        video: { kind: "camera", options: {} },
      },
      truth: [],
    };
  if (data !== undefined)
    return corpusFeed({ data, split, seed, ...(count !== undefined && { sentences: count }) });
  if (recording !== undefined) return recordingFeed(recording);
  return recordingFeed(fileURLToPath(DEMO), "demo recording");
}
