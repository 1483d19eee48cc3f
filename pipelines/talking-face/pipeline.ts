import {
  assetUrl,
  CaptionGrams,
  definePipeline,
  hertz,
  LipFrames,
  LogMel,
  last,
  millis,
  window,
} from "../../src/index.ts";
import { SILENCE, SLOTS } from "./corpus/grammar.ts";
import { CONDITIONS, openFeed } from "./feed.ts";

const site = "desk";
/** How far back the answer lies: the model hears 120 ms of what follows an instant before it answers. */
const lookAhead = millis(120);

/** Six-word commands, heard and lip-read: which word, from when to when, and who says so. */
export default definePipeline({
  name: "talking-face",
  summary:
    "Six-word commands, heard and lip-read; goes on by ear or by lips when the other is gone.",
  site,
  // 120 ms let a process be busy with something else for a while before the others go on without it.
  grid: { period: millis(40), skew: millis(120), future: millis(1_000) },

  streams: {
    audio: {
      description: {
        site,
        stream: "audio",
        modality: "audio",
        dtype: "i16",
        shape: [160],
        rate: hertz(100),
        span: millis(10),
        unit: "PCM",
        lateness: millis(0),
        idleTimeout: millis(250),
      },
      // The four blocks of 10 ms that lie wholly within the last 40 ms.
      policy: window({ from: millis(-50), to: millis(-10), count: 4, aggregate: "concatenate" }),
      features: () => new LogMel(),
      view: { kind: "columns", bins: 40, perRow: 4 },
    },
    video: {
      description: {
        site,
        stream: "video",
        modality: "video",
        dtype: "u8",
        shape: [20, 28],
        rate: hertz(25),
        unit: "grey level",
        lateness: millis(0),
        idleTimeout: millis(250),
      },
      // One lost picture is bridged by the one before, two are a gap.
      policy: last({ maxAge: millis(60) }),
      features: () => new LipFrames(),
      view: { kind: "image", width: 28, height: 20 },
    },
    text: {
      description: {
        site,
        stream: "text",
        modality: "text",
        dtype: "utf8",
        shape: [],
        rate: "irregular",
        unit: "word",
        lateness: millis(0),
        idleTimeout: millis(1_000),
      },
      // A word is needed only when the answer comes to it, 120 ms later; until then nobody waits for it.
      policy: window({ from: millis(-80), to: millis(-40), count: "any", aggregate: "last" }),
      features: () => new CaptionGrams({ lookAhead }),
      view: { kind: "captions" },
    },
  },

  model: { weights: assetUrl(import.meta.url, "./weights/talking-face.safetensors") },
  silence: SILENCE,
  slots: SLOTS,
  // The transcript is what the others are asked for.
  answerStreams: ["text"],
  conditions: CONDITIONS,
  feed: openFeed,
});
