/** A mean in which older rows count less and less. */
export interface RunningMean {
  /** Rows in it, or its memory where there were more. */
  readonly rows: number;
  readonly mean: number;
}

/** The mean of no rows. */
export const NO_ROWS: RunningMean = { rows: 0, mean: 0 };

/**
 * The mean with one more row in it.
 *
 * @param memory Time constant in rows; before that many, every row counts the same.
 */
export function extended({ rows, mean }: RunningMean, value: number, memory: number): RunningMean {
  const next = Math.min(rows + 1, memory);
  return { rows: next, mean: mean + (value - mean) / next };
}
