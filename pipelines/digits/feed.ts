import { digitTruth } from "../../sensors/digitTuples.ts";
import { assetUrl, counted, demoFeed, modulePath } from "../../src/index.ts";
import { drawnDigitTruth } from "./generate/drawnDigits.ts";

/** Digits drawn unless told how many: each twice. */
const DRAWN = 20;

/**
 * Opens what the pipeline is to run on: digits written and said by rule (as in the demo), or those of the MHD
 * set. Live it has nothing of this machine's, which has no tablet: a page's pen (`--join`) and whatever is
 * attached.
 */
export const openFeed = demoFeed({
  pipeline: "digits",
  streams: ["strokes", "picture", "scan", "speech"],
  demo: assetUrl(import.meta.url, "./demo/recording.mcap"),
  live: { name: "whoever joins", sensors: {} },
  generated({ count: digits = DRAWN, seed }) {
    const kind = modulePath(import.meta.url, "./generate/drawnDigits");
    return {
      name: counted(digits, "drawn digit"),
      ...drawnDigitTruth({ digits, seed }),
      sensors: { kind, options: { digits, seed } },
    };
  },
  async dataSet({ directory, split, seed, count }) {
    const set = { directory, split, seed };
    const { clips, ...truth } = await digitTruth({ ...set, clips: count });
    return {
      name: `MHD digits ${split}, ${counted(clips, "tuple")}`,
      ...truth,
      sensors: { kind: "digitTuples", options: { ...set, clips } },
    };
  },
});
