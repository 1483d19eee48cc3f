import type { ImlGrid } from "./config.ts";

const BASE = 10_000;

/**
 * Fixed sine and cosine embedding of consecutive slots.
 *
 *     e(n) = [ sin(n·ω₀) … sin(n·ω_{D/2−1}), cos(n·ω₀) … ],   ω_k = 10000^(−k / (D/2))
 *
 * @param first Slot of the first row; any integer, so that a stream can go on for ever.
 * @returns [count, width] flat.
 *
 * Vaswani et al. 2017, sec. 3.5, arXiv:1706.03762, sines and cosines in halves.
 */
export function lineEmbedding(first: number, count: number, width: number): Float32Array {
  const half = width / 2;
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++)
    for (let k = 0; k < half; k++) {
      const angle = (first + row) / BASE ** (k / half);
      rows[row * width + k] = Math.sin(angle);
      rows[row * width + half + k] = Math.cos(angle);
    }
  return rows;
}

/**
 * Fixed embedding of the positions of a grid, row by row.
 *
 *     e(h, w) = [ sin(w·ω), cos(w·ω), sin(h·ω), cos(h·ω) ],   ω_k = 10000^(−k / (D/4))
 *
 * @returns [N, width] flat; of a line, that of its slots from 0.
 *
 * The 2-D form of MultiMAE (Bachmann et al. 2022, arXiv:2204.01678), which IML-RS keeps.
 */
export function gridEmbedding(grid: ImlGrid, width: number): Float32Array {
  if (grid.kind === "line") return lineEmbedding(0, grid.length, width);
  const quarter = width / 4;
  const table = new Float32Array(grid.rows * grid.columns * width);
  for (let h = 0; h < grid.rows; h++)
    for (let w = 0; w < grid.columns; w++)
      for (let k = 0; k < quarter; k++) {
        const omega = BASE ** (-k / quarter);
        const at = (h * grid.columns + w) * width + k;
        table[at] = Math.sin(w * omega);
        table[at + quarter] = Math.cos(w * omega);
        table[at + 2 * quarter] = Math.sin(h * omega);
        table[at + 3 * quarter] = Math.cos(h * omega);
      }
  return table;
}
