import type { Rng } from "../../../tensor/Rng.ts";
import { drawRun } from "./augmentAudio.ts";
import { roughNormal } from "./roughNormal.ts";

/** How much a spectrum, or a series of them, may change. */
export interface SpectrumAugmentation {
  /** Bands of a row. */
  readonly bands: number;
  /** Largest change of all bands together, as a share: light and shade. */
  readonly gain: number;
  /** Largest change of each row by itself, as a share: weather between the dates of a series. */
  readonly rowGain: number;
  /** Largest slope along the bands, as a share at the ends: haze. */
  readonly tilt: number;
  /** Largest number added to all bands of all rows. */
  readonly offset: number;
  /** Standard deviation of noise on every value: a sensor's own, or speckle in dB. */
  readonly noise: number;
  /** Widest run of bands set to 0, the mean where inputs are standardised. */
  readonly maskBands: number;
  /** How often one row of a series is set to 0, 0 … 1: a cloud. */
  readonly dropRow: number;
}

/**
 * Another measurement of a pixel: light, haze, the sensor's noise, missing bands, a missing date.
 *
 * @param x [rows, bands]; one row for a single spectrum; not changed.
 * @returns The same shape.
 */
export function augmentSpectrum(
  x: Float32Array,
  options: SpectrumAugmentation,
  rng: Rng,
): Float32Array {
  const { bands, gain, rowGain, tilt, offset, noise, maskBands, dropRow } = options;
  const rows = x.length / bands;
  const light = 1 + rng.uniform(-gain, gain);
  const slope = rng.uniform(-tilt, tilt);
  const shift = rng.uniform(-offset, offset);
  const lost = rows > 1 && rng.uniform() < dropRow ? rng.int(0, rows) : -1;
  const [maskFrom, maskTo] = drawRun(bands, Math.min(maskBands, bands - 1), rng);
  const out = new Float32Array(x.length);
  for (let row = 0; row < rows; row++) {
    if (row === lost) continue;
    const brightness = light * (1 + rng.uniform(-rowGain, rowGain));
    for (let band = 0; band < bands; band++) {
      if (band >= maskFrom && band < maskTo) continue;
      const along = bands === 1 ? 0 : (2 * band) / (bands - 1) - 1;
      out[row * bands + band] =
        (x[row * bands + band] ?? 0) * brightness * (1 + slope * along) +
        shift +
        (noise > 0 ? roughNormal(rng, noise) : 0);
    }
  }
  return out;
}
