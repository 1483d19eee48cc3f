import { digitTruth } from "../../sensors/digitTuples.ts";
import { assetUrl, type ClipRequest, counted, demoFeed, modulePath } from "../../src/index.ts";
import { type DrawnVoices, drawnDigitTruth } from "./generate/drawnDigits.ts";

/** Digits drawn unless told how many: each twice. */
const DRAWN = 20;

/**
 * Opens what the pipeline is to run on: digits written and said by rule (as in the demo), the same said by this
 * machine's speech synthesisers (`--data voices`), or those of the MHD set. Live it has nothing of this
 * machine's, which has no tablet: a page's pen (`--join`) and whatever is attached.
 */
export const openFeed = demoFeed({
  pipeline: "digits",
  streams: ["strokes", "picture", "scan", "speech"],
  demo: assetUrl(import.meta.url, "./demo/recording.mcap"),
  live: { name: "whoever joins", sensors: {} },
  generated: { generated: drawn("rule"), voices: drawn("synthesisers") },
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

function drawn(voices: DrawnVoices) {
  return ({ count: digits = DRAWN, seed }: ClipRequest) => ({
    name: counted(digits, "drawn digit"),
    ...drawnDigitTruth({ digits, seed }),
    sensors: {
      kind: modulePath(import.meta.url, "./generate/drawnDigits"),
      options: { digits, seed, voices },
    },
  });
}
