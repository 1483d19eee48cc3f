import { type EncoderConfig, MLA_DEFAULTS, type MlaConfig } from "../../../models/mla/config.ts";

/** Stacks of the study's networks: small enough for minutes on one thread. */

/** Audio 640 ms and lips 640 ms around a spoken digit. */
export const GRID_ENCODERS: Readonly<Record<string, EncoderConfig>> = {
  audio: {
    input: [64, 40],
    layers: [series(64), series(96), series(96), { kind: "flatten", axes: 2 }],
  },
  lips: {
    input: [16, 20, 28, 3],
    layers: [
      // Patches that do not overlap: shifted pictures in training do what overlap would, at a third.
      { kind: "picture", filters: 32, kernel: 4, stride: 4 },
      { kind: "flatten", axes: 3 },
      { kind: "dense", width: 64 },
      series(96),
      series(96),
      { kind: "flatten", axes: 2 },
    ],
  },
};

/** One clip of an action, its own time from 0 to 1. */
export const UTD_ENCODERS: Readonly<Record<string, EncoderConfig>> = {
  inertial: {
    input: [64, 6],
    layers: [series(64), series(96), series(96), { kind: "flatten", axes: 2 }],
  },
  skeleton: {
    input: [32, 120],
    layers: [series(96), series(96), { kind: "flatten", axes: 2 }],
  },
  depth: {
    input: [8, 15, 14, 4],
    layers: [
      { kind: "picture", filters: 24, kernel: 3, stride: 2 },
      { kind: "picture", filters: 32, kernel: 3, stride: 2 },
      { kind: "flatten", axes: 3 },
      { kind: "dense", width: 64 },
      series(96),
      series(96),
      { kind: "flatten", axes: 2 },
    ],
  },
};

/** One digit, written, drawn and spoken. */
export const MHD_ENCODERS: Readonly<Record<string, EncoderConfig>> = {
  trajectory: {
    input: [200],
    layers: [
      { kind: "dense", width: 128 },
      { kind: "dense", width: 128 },
    ],
  },
  "pen-image": picture28(),
  "mnist-image": picture28(),
  speech: {
    input: [64, 40],
    layers: [series(64), series(96), series(96), { kind: "flatten", axes: 2 }],
  },
};

/** A configuration of the study: our defaults, 64 features, and what a variant changes. */
export function studyConfig(
  modalities: Readonly<Record<string, EncoderConfig>>,
  classes: number,
  change: Partial<MlaConfig> = {},
): MlaConfig {
  return { ...MLA_DEFAULTS, modalities, width: 64, classes, ...change };
}

function series(width: number) {
  return { kind: "series", width, stride: 2, taps: 3 } as const;
}

function picture28(): EncoderConfig {
  return {
    input: [28, 28, 1],
    layers: [
      { kind: "picture", filters: 16, kernel: 4, stride: 2 },
      { kind: "picture", filters: 32, kernel: 4, stride: 2 },
      { kind: "flatten", axes: 3 },
    ],
  };
}
