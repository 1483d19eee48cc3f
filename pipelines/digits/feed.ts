import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { digitTruth } from "../../sensors/digitTuples.ts";
import { assetUrl, type Feed, type FeedRequest, recordingFeed } from "../../src/index.ts";
import { drawnDigitTruth } from "./generate/drawnDigits.ts";

/** The recording that comes with the project: drawn and synthesised by rule, no person. */
const DEMO = assetUrl(import.meta.url, "./demo/recording.mcap");

/** The `--data` that is drawn instead of read. */
const GENERATED = "generated";
/** Digits drawn unless told how many: each twice. */
const DRAWN = 20;

/**
 * Opens what the pipeline is to run on.
 *
 * - `data` is `generated`: written and said by rule, as in the demo recording
 * - `data`: digits of the MHD set one after the other, in an order and with gaps drawn from the seed
 * - `recording`: any recording of this pipeline
 * - `live`: nothing of this machine's, which has no tablet: a page's pen (`--join`), or whatever is attached
 * - otherwise the demo recording
 */
export async function openFeed(request: FeedRequest): Promise<Feed> {
  const { live, data, split, count, seed, recording } = request;
  if (live) return { name: "whoever joins", sensors: {}, truth: [] };
  if (data === GENERATED) {
    const digits = count ?? DRAWN;
    const { duration, labels } = drawnDigitTruth({ digits, seed });
    const plan = { kind: moduleOf("./generate/drawnDigits"), options: { digits, seed } };
    return {
      name: `drawn digits, ${digits}`,
      duration,
      sensors: { strokes: plan, picture: plan, scan: plan, speech: plan },
      truth: labels,
    };
  }
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

/** Path of a module of this folder, as source or compiled. */
function moduleOf(path: string): string {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return fileURLToPath(new URL(path + extension, import.meta.url));
}
