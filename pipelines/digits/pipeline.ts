import {
  assetUrl,
  definePipeline,
  hertz,
  LogMel,
  last,
  millis,
  PEN_FORM,
  type StreamDescription,
  window,
} from "../../src/index.ts";
import { PenPath } from "./features/PenPath.ts";
import { Sheet, SIDE } from "./features/Sheet.ts";
import { openFeed } from "./feed.ts";
import { DigitPen } from "./pen/DigitPen.ts";

const site = "school";
const period = millis(80);
/** Points of the pen, and blocks of sound, in a row. */
const [POINTS, BLOCKS] = [8, 8] as const;
/** Bands of a block of sound. */
const BANDS = 40;
/** What the model says between two digits. */
const NOTHING = "nothing";
const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/** A camera over a sheet of paper. */
function sheet(stream: string): StreamDescription {
  return {
    site,
    stream,
    modality: "video",
    dtype: "u8",
    shape: [SIDE, SIDE],
    rate: hertz(25),
    unit: "ink",
    lateness: millis(0),
    idleTimeout: millis(400),
  };
}

const SHEET_MODEL = {
  front: { kind: "image", channels: 1, rows: SIDE, columns: SIDE, patch: 4, filters: 24 },
  // A sheet does not change while a digit is on it: there is little past to look at.
  dilations: [1, 2],
  augment: { shift: { shape: [1, SIDE, SIDE], down: 2, across: 2 } },
} as const;

/** Digits that are written on a tablet, drawn and said at once. */
export default definePipeline({
  name: "digits",
  summary: "Digits by pen, by what it drew, by another hand's sheet and by ear.",
  site,
  grid: { period, skew: millis(240), future: millis(1_000) },

  streams: {
    strokes: {
      description: {
        site,
        stream: "strokes",
        modality: "sensor",
        dtype: "u8",
        shape: [3],
        rate: hertz(100),
        unit: "x, y, pen",
        lateness: millis(0),
        idleTimeout: millis(400),
      },
      policy: window({ from: millis(-80), to: millis(0), count: POINTS, aggregate: "concatenate" }),
      features: () => new PenPath(POINTS),
      view: { kind: "lines", traces: 3, perRow: POINTS, names: ["x", "y", "pen"] },
    },
    picture: {
      description: sheet("picture"),
      policy: last({ maxAge: millis(80) }),
      features: () => new Sheet(),
      view: { kind: "image", width: SIDE, height: SIDE },
    },
    scan: {
      description: sheet("scan"),
      policy: last({ maxAge: millis(80) }),
      features: () => new Sheet(),
      view: { kind: "image", width: SIDE, height: SIDE },
    },
    speech: {
      description: {
        site,
        stream: "speech",
        modality: "audio",
        dtype: "i16",
        shape: [160],
        rate: hertz(100),
        span: millis(10),
        unit: "PCM",
        lateness: millis(0),
        idleTimeout: millis(400),
      },
      policy: window({
        from: millis(-90),
        to: millis(-10),
        count: BLOCKS,
        aggregate: "concatenate",
      }),
      // What it learnt from went over a telephone line, and hisses.
      features: () => new LogMel({ rowSamples: 160 * BLOCKS, highest: 3_800, rangeDb: 40 }),
      view: { kind: "columns", bins: BANDS, perRow: BLOCKS },
    },
  },

  model: {
    weights: assetUrl(import.meta.url, "./weights/digits.safetensors"),
    plan: {
      width: 64,
      lookAhead: millis(320),
      dilations: [1, 2, 4],
      jointDilations: [1, 2],
      streams: {
        strokes: { augment: { gain: 0.1, noise: 0.05, perRow: POINTS, changes: [2, 4] } },
        picture: SHEET_MODEL,
        scan: SHEET_MODEL,
        // A longer throat, a lower voice: the bands move, what is said stays.
        speech: {
          front: {
            kind: "image",
            channels: 1,
            rows: BLOCKS,
            columns: BANDS,
            patch: 4,
            filters: 24,
          },
          augment: {
            ...{ perRow: BLOCKS, noise: 0.1 },
            shift: { shape: [1, BLOCKS, BANDS], down: 0, across: 3 },
          },
        },
      },
      // Asked about hands and voices that it has never met; of voices it knows four.
      loss: { labelSmoothing: 0.1, events: 1 },
      training: {
        ...{ epochs: 16, rows: 60, stretches: 16, warmUp: 8, dropout: 0.1, warp: 0.3 },
        shuffled: true,
      },
    },
  },
  silence: NOTHING,
  slots: { digit: DIGITS },
  answerStreams: [],
  dataSet: "mhd_digits",
  senses: {
    pen: {
      source: "pen",
      feeds: ["strokes", "picture"],
      hint: "Write a digit and lift the pen: it is read when the pen has rested for a moment.",
      conversion: { form: PEN_FORM, converter: () => new DigitPen() },
    },
    speech: {
      source: "microphone",
      feeds: ["speech"],
      hint: "Say the digit when the drawing fades.",
    },
  },
  feed: openFeed,
});
