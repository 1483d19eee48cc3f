/**
 * Where along an axis the samples lie before offsets move them.
 *
 * `symmetric`: (i + ½)/n · 2 − 1, the middles of n equal parts. `original`: (i + ½)/(n − 1) · 2 − 1,
 * as the released code has it: shifted towards the end, its last point outside and clamped. Take it to
 * run weights that were trained with it.
 */
export type ReferenceGrid = "symmetric" | "original";

/**
 * The reference points of an axis in −1 … 1, where −1 is the first cell's centre and 1 the last's.
 *
 * @param points n ≥ 1; with one point both grids give its middle.
 * @returns n numbers; of `original` the last is beyond 1.
 *
 * Xia et al. 2022, sec. 3.2, arXiv:2201.00520, and its released code.
 */
export function referencePoints(points: number, grid: ReferenceGrid): readonly number[] {
  const parts = grid === "original" ? Math.max(1, points - 1) : points;
  return Array.from({ length: points }, (_, i) => ((i + 0.5) / parts) * 2 - 1);
}
