/**
 * A clip of any length as a fixed number of rows: linear interpolation at equal steps from its first row
 * to its last.
 *
 * @param clip [rows, width] flat.
 * @returns [count, width] flat.
 */
export function resampleRows(
  clip: ArrayLike<number>,
  rows: number,
  width: number,
  count: number,
): Float32Array {
  const out = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const at = count === 1 ? 0 : (i * (rows - 1)) / (count - 1);
    const before = Math.floor(at);
    const after = Math.min(before + 1, rows - 1);
    const share = at - before;
    for (let j = 0; j < width; j++)
      out[i * width + j] =
        (1 - share) * (clip[before * width + j] ?? 0) + share * (clip[after * width + j] ?? 0);
  }
  return out;
}
