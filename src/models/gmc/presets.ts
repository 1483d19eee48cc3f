import type { GmcConfig, Layer, ModalityConfig, Normalization } from "./config.ts";

const image: readonly Layer[] = [
  conv([4, 4], [2, 2], [1, 1], 64, "swish"),
  conv([4, 4], [2, 2], [1, 1], 128, "swish"),
];

const trajectory: readonly Layer[] = [
  { kind: "dense", width: 512, activation: "swish" },
  { kind: "dense", width: 512, activation: "swish" },
];

/** The released sound stack over [bands, time, 1]: the first kernel spans all of the time. */
function sound(time: number, normalization: Normalization): readonly Layer[] {
  return [
    { ...conv([1, time], [1, 1], [0, 0], 128, "relu"), normalization },
    { ...conv([4, 1], [2, 1], [1, 0], 128, "relu"), normalization },
    { ...conv([4, 1], [2, 1], [1, 0], 256, "relu"), normalization },
  ];
}

const MHD_HEAD = { hidden: [512, 512], activation: "swish", embedding: 64 } as const;

/**
 * The MHD network of the paper's released code, the digit's label among the inputs: image 28×28,
 * sound 32 bands × 128 frames, trajectory 200, label 10. 2,884,224 weights.
 *
 * Poklukar et al. 2022, arXiv:2202.03390; sizes as in the released code.
 */
export const mhdPaperConfig: GmcConfig = {
  modalities: [
    { name: "image", shape: [28, 28, 1], layers: image },
    { name: "sound", shape: [32, 128, 1], layers: sound(128, "batch") },
    { name: "trajectory", shape: [200], layers: trajectory },
    { name: "label", shape: [10], layers: [], joint: "raw" },
  ],
  width: 64,
  head: MHD_HEAD,
  temperature: 0.1,
};

/** How the sound stack is normalised: by the batch as published, or by the example, for streams. */
export interface MhdDigitsOptions {
  /** Default `batch`. */
  readonly normalization?: "batch" | "stream";
}

/**
 * The same stacks for our digits: trajectory 200, pen image and MNIST image 28×28, speech 40 bands × 64
 * frames. The label is no input.
 */
export function mhdDigitsConfig({ normalization = "batch" }: MhdDigitsOptions = {}): GmcConfig {
  const modalities: readonly ModalityConfig[] = [
    { name: "trajectory", shape: [200], layers: trajectory },
    { name: "pen-image", shape: [28, 28, 1], layers: image },
    { name: "mnist-image", shape: [28, 28, 1], layers: image },
    {
      name: "speech",
      shape: [40, 64, 1],
      layers: sound(64, normalization === "batch" ? "batch" : "group:8"),
    },
  ];
  return { modalities, width: 64, head: MHD_HEAD, temperature: 0.1 };
}

/**
 * The pendulum network: two frames 60×60, and 12 numbers of sound. 1,933,386 weights.
 *
 * Poklukar et al. 2022, arXiv:2202.03390; sizes as in the released code.
 */
export const pendulumPaperConfig: GmcConfig = {
  modalities: [
    {
      name: "image",
      shape: [60, 60, 2],
      layers: [
        conv([4, 4], [2, 2], [1, 1], 32, "swish"),
        conv([4, 4], [2, 2], [1, 1], 64, "swish"),
      ],
    },
    {
      name: "sound",
      shape: [12],
      layers: [
        { kind: "dense", width: 50, activation: "swish" },
        { kind: "dense", width: 50, activation: "swish" },
      ],
    },
  ],
  width: 64,
  head: { hidden: [128], activation: "swish", embedding: 10 },
  temperature: 0.3,
};

function conv(
  kernel: readonly [number, number],
  stride: readonly [number, number],
  padding: readonly [number, number],
  channels: number,
  activation: "relu" | "swish",
): Extract<Layer, { kind: "conv" }> {
  return { kind: "conv", kernel, stride, padding, channels, activation };
}

/**
 * Motion clips: inertial [64, 1, 6], skeleton with its motion [32, 1, 120] and a depth film [8, 15, 14, 4],
 * each along its own time. Normalised example by example, so that a batch of one works; ours, not of
 * the paper.
 */
export const motionConfig: GmcConfig = {
  modalities: [
    { name: "inertial", shape: [64, 1, 6], layers: [along(64), along(96), along(128)] },
    { name: "skeleton", shape: [32, 1, 120], layers: [along(96), along(96)] },
    {
      name: "depth",
      shape: [8, 15, 14, 4],
      layers: [
        { ...conv([4, 4], [2, 2], [1, 1], 24, "relu"), bias: true },
        { ...conv([4, 4], [2, 2], [1, 1], 48, "relu"), bias: true },
        { kind: "frames" },
        {
          kind: "conv",
          kernel: [1, 1],
          stride: [1, 1],
          padding: [0, 0],
          channels: 96,
          normalization: "layer",
          activation: "gelu",
        },
        along(96),
        along(128),
      ],
    },
  ],
  width: 64,
  head: { hidden: [], activation: "none", embedding: 64 },
  temperature: 0.1,
  dropout: 0.4,
  modalityDropout: 0.3,
};

/** Four rows at a time, every second row: half as many rows come out. */
function along(channels: number): Layer {
  return {
    kind: "conv",
    kernel: [4, 1],
    stride: [2, 1],
    padding: [1, 0],
    channels,
    // Over all of the clip: normalised row by row, a sensor would lose how strong a movement was.
    normalization: "group:8",
    activation: "gelu",
  };
}
