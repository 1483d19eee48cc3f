import {
  assetUrl,
  definePipeline,
  hertz,
  last,
  millis,
  NumberFrames,
  window,
} from "../../src/index.ts";
import { ACTIONS, STILL } from "./actions.ts";
import { BODY_CHANNELS, BODY_COLUMNS, BODY_ROWS, DepthBody } from "./features/DepthBody.ts";
import {
  SKELETON_TRACE_NAMES,
  SKELETON_TRACES,
  SkeletonMotion,
} from "./features/SkeletonMotion.ts";
import { openFeed } from "./feed.ts";

const site = "gym";
const period = millis(100);
/** Samples of the inertial sensor in a row. */
const SAMPLES = 5;
const INERTIAL_AXES = ["force", "turn"].flatMap((kind) =>
  ["x", "y", "z"].map((axis) => `${kind} ${axis}`),
);
/** The two axes across the strap of each sample's acceleration and turn. */
const ACROSS = Array.from({ length: SAMPLES }, (_, sample) => [
  [6 * sample, 6 * sample + 1] as const,
  [6 * sample + 3, 6 * sample + 4] as const,
]).flat();
/** The two horizontal axes of each joint's posture and motion. */
const LEVEL = Array.from({ length: 40 }, (_, joint) => [3 * joint, 3 * joint + 2] as const);
/** Which numbers of a skeleton's row, and of a depth picture's, are changes since the row before. */
const MOTION = [60, 120] as const;
const BODY_SHAPE = [BODY_CHANNELS, BODY_ROWS, BODY_COLUMNS] as const;
const BODY_SIZE = BODY_CHANNELS * BODY_ROWS * BODY_COLUMNS;
const BODY_CHANGES = [BODY_SIZE / 2, BODY_SIZE] as const;

/** Actions of one person: a sensor on wrist or thigh, a tracked skeleton, a depth camera. */
export default definePipeline({
  name: "body-actions",
  summary: "27 actions by strapped sensor, skeleton and depth; goes on with what is left of them.",
  site,
  grid: { period, skew: millis(300), future: millis(1_000) },

  streams: {
    inertial: {
      description: {
        site,
        stream: "inertial",
        modality: "sensor",
        dtype: "f32",
        shape: [6],
        rate: hertz(50),
        unit: "g, °/s",
        lateness: millis(0),
        idleTimeout: millis(500),
      },
      policy: window({
        from: millis(-100),
        to: millis(0),
        count: SAMPLES,
        aggregate: "concatenate",
      }),
      features: () => new NumberFrames({ channels: 6, frames: SAMPLES, dtype: "f32" }),
      view: { kind: "lines", traces: 6, perRow: SAMPLES, names: INERTIAL_AXES },
    },
    skeleton: {
      description: {
        site,
        stream: "skeleton",
        modality: "sensor",
        dtype: "f32",
        shape: [20, 3],
        rate: hertz(20),
        unit: "m",
        lateness: millis(0),
        idleTimeout: millis(500),
      },
      policy: last({ maxAge: millis(150) }),
      features: () => new SkeletonMotion(period),
      view: {
        kind: "lines",
        traces: SKELETON_TRACES.length,
        perRow: 1,
        names: SKELETON_TRACE_NAMES,
      },
    },
    depth: {
      description: {
        site,
        stream: "depth",
        modality: "video",
        dtype: "u8",
        shape: [60, 80],
        rate: hertz(10),
        unit: "8 mm from 1.4 m",
        lateness: millis(0),
        idleTimeout: millis(500),
      },
      policy: last({ maxAge: millis(250) }),
      features: () => new DepthBody(period),
      view: { kind: "image", width: BODY_COLUMNS, height: BODY_ROWS },
    },
  },

  model: {
    weights: assetUrl(import.meta.url, "./weights/body-actions.safetensors"),
    plan: {
      width: 72,
      lookAhead: millis(400),
      // 2.7 s of past for each stream, 4.3 s for the joint: the length of an action.
      dilations: [1, 3, 9],
      jointDilations: [2, 6],
      streams: {
        inertial: {
          augment: { gain: 0.15, noise: 0.1, offset: 0.05, turn: { degrees: 20, pairs: ACROSS } },
        },
        skeleton: {
          scaling: "stream",
          augment: {
            ...{ gain: 0.1, noise: 0.1, offset: 0.1, turn: { degrees: 20, pairs: LEVEL } },
            changes: MOTION,
          },
        },
        depth: {
          front: {
            kind: "image",
            channels: BODY_CHANNELS,
            rows: BODY_ROWS,
            columns: BODY_COLUMNS,
            patch: 2,
            filters: 24,
          },
          augment: {
            gain: 0.15,
            shift: { shape: BODY_SHAPE, down: 1, across: 1, zoom: 0.1 },
            changes: BODY_CHANGES,
          },
        },
      },
      // Asked about people whom it has never met: it is not to be sure of what it knows by heart.
      loss: { labelSmoothing: 0.1, events: 1 },
      training: {
        ...{ epochs: 64, rows: 64, stretches: 16, dropout: 0.3, warp: 0.25 },
        shuffled: true,
      },
    },
  },
  silence: STILL,
  slots: { action: ACTIONS },
  answerStreams: [],
  dataSet: "utd_mhad",
  feed: openFeed,
});
