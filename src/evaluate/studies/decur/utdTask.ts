import { augmentInertial } from "../../../models/decur/augment/augmentInertial.ts";
import { augmentVideo } from "../../../models/decur/augment/augmentVideo.ts";
import { halveDepth } from "../../sets/halveDepth.ts";
import { readUtdMhad, UTD_ROWS } from "../../sets/utdMhad.ts";
import { type DecurTask, readBoth } from "./DecurTask.ts";
import { COMMON, LAMBDA, PROJECTOR } from "./taskDefaults.ts";

const ATTENTION = { heads: 4, groups: 2, kernel: 3, stride: 2 } as const;

/** UTD-MHAD: inertial sensor, skeleton and depth video of an action. */
export function utdTask(): DecurTask {
  const pace = { crop: 0.15, pace: 0.3 };
  return {
    modalities: [
      {
        name: "inertial",
        encoder: {
          kind: "series",
          rows: UTD_ROWS.inertial,
          channels: 6,
          stages: [
            { filters: 32, kernel: 5, stride: 2 },
            { filters: 48, kernel: 5, stride: 2, attention: ATTENTION },
          ],
          bins: 4,
        },
        augment: (x, rng) =>
          augmentInertial(
            x,
            {
              vectors: 2,
              turn: { angle: 0.4, axis: "any" },
              scale: 0.15,
              noise: 0.1,
              drop: 0.1,
              ...pace,
            },
            rng,
          ),
      },
      {
        name: "skeleton",
        encoder: {
          kind: "series",
          rows: UTD_ROWS.skeleton,
          channels: 60,
          stages: [
            { filters: 48, kernel: 5, stride: 2 },
            { filters: 48, kernel: 5, stride: 2, attention: ATTENTION },
          ],
          bins: 4,
        },
        augment: (x, rng) =>
          augmentInertial(
            x,
            {
              vectors: 20,
              turn: { angle: 0.4, axis: 1 },
              scale: 0.15,
              noise: 0.03,
              drop: 0.2,
              ...pace,
            },
            rng,
          ),
      },
      {
        name: "depth",
        encoder: {
          kind: "clip",
          frames: 8,
          rows: 15,
          columns: 14,
          channels: 4,
          image: [
            { filters: 8, kernel: 3, stride: 2 },
            { filters: 16, kernel: 3, stride: 2, attention: ATTENTION },
          ],
          width: 48,
          stages: [{ filters: 48, kernel: 3, stride: 1 }],
          bins: 4,
        },
        augment: (x, rng) =>
          augmentVideo(
            x,
            {
              rows: 15,
              columns: 14,
              channels: 4,
              shift: 1,
              zoom: 0.1,
              contrast: 0.2,
              brightness: 0,
              flip: 0,
              ...pace,
            },
            rng,
          ),
      },
    ],
    projector: PROJECTOR,
    common: COMMON,
    lambda: LAMBDA,
    schedule: { steps: 100, batch: 128, rate: 2e-3 },
    subsets: [
      ["inertial", "skeleton", "depth"],
      ["inertial", "skeleton"],
      ["inertial", "depth"],
      ["skeleton", "depth"],
      ["inertial"],
      ["skeleton"],
      ["depth"],
    ],
    read: readBoth(async (data, split) => halveDepth(await readUtdMhad(data, split))),
  };
}
