import type { Rng } from "../../../tensor/Rng.ts";
import { resampleTime } from "./resampleTime.ts";
import { roughNormal } from "./roughNormal.ts";
import { warpedPlaces } from "./warpedPlaces.ts";

/** Shape of a spectrogram and how much it may change. */
export interface AudioAugmentation {
  /** Frequency bands of a row. */
  readonly bands: number;
  /** Largest change of level, in the unit of the values (dB for log-mel). */
  readonly gain: number;
  /** Standard deviation of noise on every value, same unit. */
  readonly noise: number;
  /** Widest run of bands that is muted. */
  readonly maskBands: number;
  /** Longest run of rows that is muted. */
  readonly maskRows: number;
  /** Share of the rows that a crop may leave out. */
  readonly crop: number;
}

/**
 * Another hearing of a spectrogram: cropped and stretched back, louder or softer, noisy, with a run of
 * bands and a run of rows set to its mean.
 *
 * @param x [rows, bands] levels; not changed.
 * @returns [rows, bands]
 *
 * Masks: Park et al. 2019 (SpecAugment), sec. 2, arXiv:1904.08779, without time warping.
 */
export function augmentAudio(x: Float32Array, options: AudioAugmentation, rng: Rng): Float32Array {
  const { bands, gain, noise, maskBands, maskRows, crop } = options;
  const rows = x.length / bands;
  const out = resampleTime(x, bands, warpedPlaces(rows, { crop, pace: 0 }, rng));
  const level = rng.uniform(-gain, gain);
  let mean = 0;
  for (let i = 0; i < out.length; i++) {
    const value = (out[i] ?? 0) + level + (noise > 0 ? roughNormal(rng, noise) : 0);
    out[i] = value;
    mean += value / out.length;
  }
  const [bandFrom, bandTo] = drawRun(bands, maskBands, rng);
  const [rowFrom, rowTo] = drawRun(rows, maskRows, rng);
  for (let row = 0; row < rows; row++) {
    const isMuted = row >= rowFrom && row < rowTo;
    out.fill(
      mean,
      row * bands + (isMuted ? 0 : bandFrom),
      row * bands + (isMuted ? bands : bandTo),
    );
  }
  return out;
}

/** A random run of at most `longest` of `size` places: [from, to). */
export function drawRun(size: number, longest: number, rng: Rng): readonly [number, number] {
  const length = Math.min(rng.int(0, longest + 1), size);
  const from = rng.int(0, size - length + 1);
  return [from, from + length];
}
