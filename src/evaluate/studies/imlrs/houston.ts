import type { ImlConfig } from "../../../models/imlrs/config.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { hostTensor } from "../../../tensor/HostTensor.ts";
import { HOUSTON_SIZES, readHouston2013 } from "../../sets/houston2013.ts";
import { allSubsets, type ImlProtocol } from "./protocol.ts";

/** Bands per token, and LiDAR features per token. */
const [BANDS, FEATURES] = [24, 21] as const;

const network: ImlConfig = {
  // A pixel is one position: six windows of its spectrum and its height profile stand there.
  grid: { kind: "line", length: 1 },
  modalities: [
    {
      name: "hyperspectral",
      adapter: {
        kind: "series",
        length: HOUSTON_SIZES.hyperspectral,
        channels: 1,
        window: BANDS,
      },
    },
    {
      name: "lidar",
      adapter: { kind: "series", length: HOUSTON_SIZES.lidar, channels: 1, window: FEATURES },
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
  classes: 15,
};

/** Houston 2013: land cover of a pixel from its spectrum, its height profile, or both. */
export const houston: ImlProtocol = {
  set: "houston2013_pixels",
  network,
  score: "accuracy",
  classify: {
    steps: 600,
    batch: 64,
    peak: 3e-3,
    weightDecay: 0.05,
    keep: 0.9,
    dropout: 0.1,
    smoothing: 0,
    own: 1,
    balanced: false,
  },
  pretrain: {
    steps: 400,
    batch: 64,
    peak: 3e-3,
    weightDecay: 0.05,
    keep: 0.5,
    contrast: { kind: "infonce", weight: 0.3 },
  },
  subsets: allSubsets(["hyperspectral", "lidar"]),
  specialists: allSubsets(["hyperspectral", "lidar"]),
  read: readHouston2013,
  prepare: (batch) =>
    Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, asSeries(tensor)])),
};

/** [N, length] as [N, length, 1]. */
function asSeries({ data, shape }: HostTensor<"float32">): HostTensor<"float32"> {
  return hostTensor(data, [...shape, 1]);
}
