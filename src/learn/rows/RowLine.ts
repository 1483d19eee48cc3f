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
