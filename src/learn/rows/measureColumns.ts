/** Mean and deviation of every column of some rows. */
export interface ColumnMoments {
  /** [size] */
  readonly mean: Float64Array;
  /** [size] ≥ 0. */
  readonly deviation: Float64Array;
  /** [size] 1 where the deviation is nothing but a 32-bit float's rounding, or too little to divide by. */
  readonly still: Uint8Array;
}

/**
 * Mean and deviation of every column, exact far from zero and however small the unit.
 *
 * @param eachRow Calls `take` with where each row is; called twice.
 */
export function measureColumns(
  size: number,
  eachRow: (take: (x: ArrayLike<number>, from: number) => void) => void,
): ColumnMoments {
  const sums = new Float64Array(size);
  let count = 0;
  eachRow((x, from) => {
    count++;
    for (let i = 0; i < size; i++) sums[i] = (sums[i] ?? 0) + (x[from + i] ?? 0);
  });
  const n = Math.max(count, 1);
  const mean = sums.map((sum) => sum / n);
  // Around the mean, not E[x²] − μ²: of a barometer's 101,325 ± 10 Pa that would leave nothing but rounding.
  const squares = new Float64Array(size);
  eachRow((x, from) => {
    for (let i = 0; i < size; i++)
      squares[i] = (squares[i] ?? 0) + ((x[from + i] ?? 0) - (mean[i] ?? 0)) ** 2;
  });
  const deviation = squares.map((square) => Math.sqrt(square / n));
  const still = Uint8Array.from(deviation, (own, i) =>
    own <= Math.max(2 ** -23 * Math.abs(mean[i] ?? 0), 1e-30) ? 1 : 0,
  );
  return { mean, deviation, still };
}
