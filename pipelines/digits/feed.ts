import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { digitTruth } from "../../sensors/digitTuples.ts";
import {
  assetUrl,
  ConfigError,
  type Feed,
  type FeedRequest,
  recordingFeed,
} from "../../src/index.ts";

/** The recording that comes with the project: drawn and synthesised by rule, no person. */
const DEMO = assetUrl(import.meta.url, "./demo/recording.mcap");

/**
 * Opens what the pipeline is to run on.
 *
 * - `data`: digits of the MHD set one after the other, in an order and with gaps drawn from the seed
 * - `recording`: any recording of this pipeline
 * - otherwise the demo recording
 *
 * @throws {ConfigError} If this machine's own sensors are asked for: it has no tablet.
 */
export async function openFeed(request: FeedRequest): Promise<Feed> {
  const { live, data, split, count, seed, recording } = request;
  if (live)
    throw new ConfigError(
      "pipeline digits",
      "expected a recording or a data set: a tablet speaks for itself (docs/wire.md)",
    );
  if (data !== undefined) {
    const directory = resolve(data);
    const { duration, labels, tuples } = await digitTruth({
      directory,
      split,
      seed,
      ...(count !== undefined && { tuples: count }),
    });
    const plan = { kind: "digitTuples", options: { directory, split, tuples, seed } };
    return {
      name: `MHD digits ${split}, ${tuples} tuples`,
      duration,
      sensors: { strokes: plan, picture: plan, scan: plan, speech: plan },
      truth: labels,
    };
  }
  if (recording !== undefined) return recordingFeed(recording);
  return recordingFeed(fileURLToPath(DEMO), "demo recording");
}
