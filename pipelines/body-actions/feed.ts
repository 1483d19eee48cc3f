import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { actionTruth } from "../../sensors/actionClips.ts";
import {
  assetUrl,
  ConfigError,
  type Feed,
  type FeedRequest,
  recordingFeed,
} from "../../src/index.ts";
import { drawnTruth } from "./generate/drawnBody.ts";

/** The recording that comes with the project: a drawn figure, no person. */
const DEMO = assetUrl(import.meta.url, "./demo/recording.mcap");

/** The `--data` that is drawn instead of read. */
const GENERATED = "generated";
/** Actions drawn unless told how many: four times each. */
const DRAWN = 24;

/**
 * Opens what the pipeline is to run on.
 *
 * - `data` is `generated`: a drawn figure, as in the demo recording
 * - `data`: clips of UTD-MHAD one after the other, in an order and with gaps drawn from the seed
 * - `recording`: any recording of this pipeline
 * - otherwise the demo recording
 *
 * @throws {ConfigError} If this machine's own sensors are asked for: it has no skeleton tracker.
 */
export async function openFeed(request: FeedRequest): Promise<Feed> {
  const { live, data, split, count, seed, recording } = request;
  if (live)
    throw new ConfigError(
      "pipeline body-actions",
      "expected a recording or a data set: a depth camera with a skeleton tracker speaks for itself (docs/wire.md)",
    );
  if (data === GENERATED) {
    const actions = count ?? DRAWN;
    const { duration, labels } = drawnTruth({ actions, seed });
    const plan = { kind: moduleOf("./generate/drawnBody"), options: { actions, seed } };
    return {
      name: `drawn figure, ${actions} actions`,
      duration,
      sensors: { inertial: plan, skeleton: plan, depth: plan },
      truth: labels,
    };
  }
  if (data !== undefined) {
    const directory = resolve(data);
    const { duration, labels, clips } = await actionTruth({
      directory,
      split,
      seed,
      ...(count !== undefined && { clips: count }),
    });
    const plan = { kind: "actionClips", options: { directory, split, clips, seed } };
    return {
      name: `UTD-MHAD ${split}, ${clips} clips`,
      duration,
      sensors: { inertial: plan, skeleton: plan, depth: plan },
      truth: labels,
    };
  }
  if (recording !== undefined) return recordingFeed(recording);
  return recordingFeed(fileURLToPath(DEMO), "demo recording");
}

/** Path of a module of this folder, as source or compiled. */
function moduleOf(path: string): string {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return fileURLToPath(new URL(path + extension, import.meta.url));
}
