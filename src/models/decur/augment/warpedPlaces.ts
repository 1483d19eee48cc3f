import type { Rng } from "../../../tensor/Rng.ts";

/** How time is bent and cut. */
export interface WarpOptions {
  /** Share of the series that a crop may leave out, drawn in 0 … this. */
  readonly crop: number;
  /** How far the pace may swing about even, in 0 … 1 (exclusive): 0.2 is 20 % faster or slower. */
  readonly pace: number;
}

/**
 * Rows of a crop of a series at an uneven pace, as many as the series has, ascending.
 *
 * The pace swings once along the crop with a random phase: t + pace/2π · (sin(2πt + φ) − sin φ), t in
 * 0 … 1, whose ends stay where they are.
 */
export function warpedPlaces(rows: number, { crop, pace }: WarpOptions, rng: Rng): number[] {
  const cut = rng.uniform(0, crop);
  const start = rng.uniform(0, cut);
  const swing = rng.uniform(-pace, pace) / (2 * Math.PI);
  const phase = rng.uniform(0, 2 * Math.PI);
  return Array.from({ length: rows }, (_, row) => {
    const t = rows === 1 ? 0 : row / (rows - 1);
    const bent = t + swing * (Math.sin(2 * Math.PI * t + phase) - Math.sin(phase));
    return (start + (1 - cut) * bent) * (rows - 1);
  });
}
