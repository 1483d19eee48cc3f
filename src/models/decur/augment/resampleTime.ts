/**
 * A series read at fractional rows, by linear interpolation.
 *
 * @param x [rows, width], row after row.
 * @param places Where to read, in rows; clamped to the first and the last.
 * @returns [places, width]
 */
export function resampleTime(
  x: Float32Array,
  width: number,
  places: readonly number[],
): Float32Array {
  const last = x.length / width - 1;
  const out = new Float32Array(places.length * width);
  for (const [row, wanted] of places.entries()) {
    const place = Math.min(Math.max(wanted, 0), last);
    const low = Math.min(Math.floor(place), Math.max(last - 1, 0));
    const part = place - low;
    for (let i = 0; i < width; i++) {
      const before = x[low * width + i] ?? 0;
      const after = part === 0 ? before : (x[(low + 1) * width + i] ?? before);
      out[row * width + i] = before + part * (after - before);
    }
  }
  return out;
}
