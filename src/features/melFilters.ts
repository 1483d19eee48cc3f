import { ConfigError } from "../errors.ts";

export interface MelFilterOptions {
  /** Number of triangles. */
  readonly bands: number;
  /** Foot of the lowest triangle, in Hz. */
  readonly lowest: number;
  /** Foot of the highest triangle, in Hz; at most half of `sampleRate`. */
  readonly highest: number;
  /** Length of the Fourier transform whose power the filters weigh. */
  readonly fftSize: number;
  /** In Hz. */
  readonly sampleRate: number;
}

/** One triangle, without its zeros. */
export interface MelFilter {
  /** Bin that `weights[0]` belongs to. */
  readonly firstBin: number;
  /** In [0, 1]; 1 at the triangle's centre. */
  readonly weights: Float64Array;
}

/**
 * Triangles of height 1, evenly spaced and half overlapping on the mel scale.
 *
 *     mel(f) = 2595 · log10(1 + f / 700)
 *
 * @returns `bands` filters, lowest first.
 * @throws {ConfigError} If the range is empty or too high, or a triangle is so narrow that no bin
 *   falls under it.
 *
 * Davis and Mermelstein 1980, with the mel formula of O'Shaughnessy 1987 (as in HTK).
 */
export function melFilters(options: MelFilterOptions): MelFilter[] {
  const { bands, lowest, highest, fftSize, sampleRate } = options;
  if (!(lowest >= 0 && lowest < highest && highest <= sampleRate / 2))
    throw new ConfigError(
      "melFilters",
      `expected 0 <= lowest < highest <= ${sampleRate / 2} Hz, got ${lowest} and ${highest}`,
    );
  const step = (mel(highest) - mel(lowest)) / (bands + 1);
  const footHz = (index: number): number => hertzOfMel(mel(lowest) + step * index);

  return Array.from({ length: bands }, (_, band) => {
    const [left, centre, right] = [footHz(band), footHz(band + 1), footHz(band + 2)];
    const binHz = sampleRate / fftSize;
    const firstBin = Math.floor(left / binHz) + 1;
    const lastBin = Math.ceil(right / binHz) - 1;
    if (lastBin < firstBin)
      throw new ConfigError(
        "melFilters",
        `expected at least one bin of ${binHz} Hz under each triangle, got none between ${left} and ${right} Hz`,
      );
    const weights = Float64Array.from({ length: lastBin - firstBin + 1 }, (_, index) => {
      const hz = (firstBin + index) * binHz;
      return hz < centre ? (hz - left) / (centre - left) : (right - hz) / (right - centre);
    });
    return { firstBin, weights };
  });
}

function mel(hz: number): number {
  return 2595 * Math.log10(1 + hz / 700);
}

function hertzOfMel(value: number): number {
  return 700 * (10 ** (value / 2595) - 1);
}
