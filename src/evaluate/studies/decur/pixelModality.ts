import {
  augmentSpectrum,
  type SpectrumAugmentation,
} from "../../../models/decur/augment/augmentSpectrum.ts";
import type { TaskModality } from "./DecurTask.ts";

/** A modality of one vector, rows of bands after each other; views differ by `change` alone. */
export function pixelModality(
  name: string,
  rows: number,
  bands: number,
  change: Partial<SpectrumAugmentation>,
): TaskModality {
  const options = {
    bands,
    gain: 0,
    rowGain: 0,
    tilt: 0,
    offset: 0,
    noise: 0,
    maskBands: 0,
    dropRow: 0,
    ...change,
  };
  const encoder = { kind: "vector", size: rows * bands, widths: [128, 128] } as const;
  return { name, encoder, augment: (x, rng) => augmentSpectrum(x, options, rng) };
}
