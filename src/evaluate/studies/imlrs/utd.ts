import type { ImlConfig } from "../../../models/imlrs/config.ts";
import { hostTensor } from "../../../tensor/HostTensor.ts";
import { augmentUtdMhad, UTD_AUGMENTATION } from "../../sets/augmentUtdMhad.ts";
import { skeletonMotion } from "../../sets/skeletonMotion.ts";
import { readUtdMhad, UTD_ROWS } from "../../sets/utdMhad.ts";
import { allSubsets, type HostBatch, type ImlProtocol } from "./protocol.ts";

const MODALITIES = ["inertial", "skeleton", "depth"];
/** Slots of a clip: eight, so that a slot is 8 inertial rows, 4 skeletons or 2 pictures. */
const SLOTS = 8;

const network: ImlConfig = {
  grid: { kind: "line", length: SLOTS },
  modalities: [
    {
      name: "inertial",
      adapter: {
        kind: "series",
        length: UTD_ROWS.inertial,
        channels: 6,
        window: UTD_ROWS.inertial / SLOTS,
      },
    },
    {
      name: "skeleton",
      hidden: 64,
      adapter: {
        kind: "series",
        length: UTD_ROWS.skeleton,
        channels: 120,
        window: UTD_ROWS.skeleton / SLOTS,
      },
    },
    {
      name: "depth",
      hidden: 64,
      adapter: {
        kind: "clip",
        frames: UTD_ROWS.depth,
        rows: 15,
        columns: 14,
        channels: 4,
        window: UTD_ROWS.depth / SLOTS,
        patch: [15, 14],
      },
    },
  ],
  width: 64,
  heads: 4,
  headWidth: 16,
  layers: 2,
  modalityAttention: "cross",
  mask: "block",
  fusionTokens: "perPosition",
  norms: 1,
  decoder: { width: 64, heads: 4, layers: 2 },
  classes: 27,
};

/** UTD-MHAD: the action of a clip from wrist sensor, skeleton, depth video, or any of them together. */
export const utd: ImlProtocol = {
  set: "utd_mhad",
  network,
  score: "accuracy",
  classify: {
    steps: 1400,
    batch: 16,
    peak: 2e-3,
    weightDecay: 0.05,
    keep: 0.9,
    dropout: 0.2,
    smoothing: 0.1,
    own: 1,
    balanced: false,
  },
  pretrain: {
    steps: 400,
    batch: 16,
    peak: 2e-3,
    weightDecay: 0.05,
    keep: 0.5,
    contrast: { kind: "infonce", weight: 0.3 },
  },
  subsets: allSubsets(MODALITIES),
  specialists: allSubsets(MODALITIES),
  once: [
    "no-random-combination",
    "no-mask",
    "no-modality-attention",
    "no-own-answers",
    "pretrained",
    "specialist",
  ],
  leftOut: ["batch-combination", "pretrained-dino", "pretrained-reconstruction"],
  read: async (data, split) => {
    const examples = await readUtdMhad(data, split);
    return { ...examples, inputs: withSmallDepth(examples.inputs) };
  },
  prepare: (batch) =>
    batch["skeleton"] === undefined
      ? batch
      : { ...batch, skeleton: skeletonMotion(batch["skeleton"]) },
  // A pixel of the small pictures is two of the original ones.
  augment: (batch, rng) =>
    augmentUtdMhad(batch, rng, { ...UTD_AUGMENTATION, shift: UTD_AUGMENTATION.shift / 2 }),
};

/** Depth at half the rows and columns: means of 2 × 2 pixels, all four channels. */
function withSmallDepth(inputs: HostBatch): HostBatch {
  const { depth } = inputs;
  if (depth === undefined) return inputs;
  const [N = 0, frames = 0, H = 0, W = 0, C = 0] = depth.shape;
  const shape = [N, frames, H / 2, W / 2, C];
  const from = depth.data;
  const data = new Float32Array(from.length / 4);
  let at = 0;
  for (let picture = 0; picture < N * frames; picture++)
    for (let row = 0; row < H; row += 2)
      for (let column = 0; column < W; column += 2) {
        const corner = ((picture * H + row) * W + column) * C;
        for (let channel = corner; channel < corner + C; channel++)
          data[at++] =
            ((from[channel] ?? 0) +
              (from[channel + C] ?? 0) +
              (from[channel + W * C] ?? 0) +
              (from[channel + W * C + C] ?? 0)) /
            4;
      }
  return { ...inputs, depth: hostTensor(data, shape) };
}
