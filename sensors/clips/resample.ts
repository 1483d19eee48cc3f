/** A clip of a ragged array: rows [from, to) of `width` numbers each. */
export interface RaggedClip {
  readonly data: ArrayLike<number>;
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

/**
 * The numbers at a fraction of a clip, on a straight line between its rows.
 *
 * @param progress 0 at the first row, 1 at the last.
 */
export function rowAt({ data, from, to, width }: RaggedClip, progress: number): Float32Array {
  const place = Math.min(Math.max(progress, 0), 1) * Math.max(to - from - 1, 0);
  const before = Math.floor(place);
  const after = Math.min(before + 1, to - from - 1);
  const share = place - before;
  const [a, b] = [(from + before) * width, (from + after) * width];
  return Float32Array.from(
    { length: width },
    (_, i) => (1 - share) * (data[a + i] ?? 0) + share * (data[b + i] ?? 0),
  );
}

/** The row nearest to a fraction of a clip: for what cannot be mixed, like a distance beside none. */
export function nearestRow({ data, from, to, width }: RaggedClip, progress: number): Uint8Array {
  const place = Math.round(Math.min(Math.max(progress, 0), 1) * Math.max(to - from - 1, 0));
  const at = (from + place) * width;
  return Uint8Array.from({ length: width }, (_, i) => data[at + i] ?? 0);
}
