import type { RowInputs } from "../../models/unified/inference.ts";

/** What the model is fed of one stream, row after row. */
export interface RowFeatures {
  /** Numbers per row. */
  readonly size: number;
  /** [rows, size], any finite value where missing. */
  readonly x: Float32Array;
  /** [rows] 1 where sensed, else 0. */
  readonly present: Float32Array;
}

/** Rows of the grid one after the other without a gap, with what is to be said about each. */
export interface RowLine {
  readonly rows: number;
  readonly streams: Readonly<Record<string, RowFeatures>>;
  /** [rows] class of the instant each row is about: `lookAheadRows` before it. */
  readonly labels: Int32Array;
}

/**
 * What the model is fed of one row.
 *
 * @param names The streams that it may be fed.
 * @returns Views of the line's features, of the streams that were sensed.
 */
export function rowInputs(line: RowLine, row: number, names: readonly string[]): RowInputs {
  return Object.fromEntries(
    names.flatMap((name) => {
      const features = line.streams[name];
      if (features?.present[row] !== 1) return [];
      const { x, size } = features;
      return [[name, x.subarray(row * size, (row + 1) * size)]];
    }),
  );
}
