import { gridTruth } from "../../sensors/gridCorpus.ts";
import { assetUrl, counted, demoFeed } from "../../src/index.ts";

/** Sentence over babble, in dB, by condition: four other sentences of the split lie under every one. */
const BABBLE_DB: Readonly<Record<string, number>> = { babble0dB: 0, "babble-5dB": -5 };

/** Harder conditions that the data set can be heard in. */
export const CONDITIONS = Object.keys(BABBLE_DB);

/** Where the mouth is to be held: the middle of the camera's picture. */
const MOUTH = [0.3, 0.31, 0.4, 0.38];

/**
 * Opens what the pipeline is to run on: this machine's microphone and camera, which must look at the mouth, or
 * sentences of a GRID-like data set with gaps of room noise. The demo is synthetic speech and a drawn mouth.
 */
export const openFeed = demoFeed({
  pipeline: "talking-face",
  streams: ["audio", "video", "text"],
  demo: assetUrl(import.meta.url, "./demo/recording.mcap"),
  live: {
    name: "microphone and camera",
    sensors: {
      audio: { kind: "microphone", options: {} },
      video: { kind: "camera", options: { crop: MOUTH } },
    },
  },
  conditions: CONDITIONS,
  async dataSet({ directory, split, seed, count, condition = "" }) {
    const { [condition]: babbleDb } = BABBLE_DB;
    const babble = babbleDb === undefined ? {} : { babbleDb };
    const set = { directory, split, seed };
    const { sentences, ...truth } = await gridTruth({
      ...{ ...set, ...babble },
      ...(count !== undefined && { sentences: count }),
    });
    const plan = { kind: "gridCorpus", options: { ...set, sentences } };
    const audio = { ...plan, options: { ...plan.options, ...babble } };
    const among = babbleDb === undefined ? "" : `, babble at ${babbleDb} dB`;
    return {
      name: `GRID ${split}, ${counted(sentences, "sentence")}${among}`,
      ...truth,
      sensors: { audio, video: plan, text: plan },
    };
  },
});
