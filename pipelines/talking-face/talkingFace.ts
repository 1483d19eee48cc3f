import {
  CaptionGrams,
  definePipeline,
  hertz,
  LipFrames,
  LogMel,
  last,
  type Micros,
  type ModelPlan,
  micros,
  millis,
  type PipelineDefinition,
  window,
} from "../../src/index.ts";
import { SILENCE, SLOTS } from "./corpus/grammar.ts";
import { CONDITIONS, openFeed } from "./feed.ts";

const site = "desk";
const period = millis(40);

/** What one pipeline of spoken commands has of its own. */
export interface TalkingFaceOptions {
  readonly name: string;
  readonly summary: string;
  /** How far back the answer lies: how much the model hears of what follows an instant before it answers. */
  readonly lookAhead: Micros;
  readonly weights: URL;
}

/** Six-word commands, heard and lip-read: which word, from when to when, and who says so. */
export function talkingFace({
  name,
  summary,
  lookAhead,
  weights,
}: TalkingFaceOptions): PipelineDefinition {
  return definePipeline({
    name,
    summary,
    site,
    // 120 ms let a process be busy with something else for a while before the others go on without it.
    grid: { period, skew: millis(120), future: millis(1_000) },

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
        // A word is needed only when the answer comes to it; until then nobody waits for it.
        policy: window({
          from: micros(0 - Math.max(lookAhead - period, period)),
          to: micros(0 - Math.max(lookAhead - 2 * period, 0)),
          count: "any",
          aggregate: "last",
        }),
        features: () => new CaptionGrams({ lookAhead }),
        view: { kind: "captions" },
      },
    },

    model: { weights, plan: planOf(lookAhead) },
    silence: SILENCE,
    slots: SLOTS,
    // The transcript is what the others are asked for.
    answerStreams: ["text"],
    dataSet: "grid_av",
    conditions: CONDITIONS,
    feed: openFeed,
  });
}

/** For `train --recordings`: the network of the weights that come with it, which a training of its own made. */
function planOf(lookAhead: Micros): ModelPlan {
  return {
    width: 128,
    codes: 512,
    codeDim: 64,
    embedding: 64,
    lookAhead,
    streams: {
      audio: { augment: { noise: 0.1, shift: { shape: [1, 4, 40], down: 0, across: 2 } } },
      video: {
        front: { kind: "image", channels: 3, rows: 20, columns: 28, patch: 4, filters: 64 },
        augment: { shift: { shape: [3, 20, 28], down: 2, across: 2 } },
      },
      // The transcript is shown to the joint seldom, or nobody else would be listened to.
      text: { dilations: [], keep: 0.35, weight: 0.2 },
    },
  };
}
