import { measureColumns } from "../../learn/rows/measureColumns.ts";

/**
 * Subtracts the mean and divides by the deviation of each column over `reference`, in place.
 *
 * A column that does not vary in `reference` becomes 0, however it varies elsewhere: nothing can be learnt of it.
 *
 * @param values [rows, columns] flat.
 * @param reference [rows, columns] flat; the training part, so that a test row is never looked at. May
 *   be `values` itself.
 */
export function standardise(
  values: Float32Array,
  reference: ArrayLike<number>,
  columns: number,
): void {
  const { mean, deviation, still } = measureColumns(columns, (take) => {
    for (let row = 0; row < reference.length; row += columns) take(reference, row);
  });
  for (let i = 0; i < values.length; i++) {
    const column = i % columns;
    values[i] =
      still[column] === 1 ? 0 : ((values[i] ?? 0) - (mean[column] ?? 0)) / (deviation[column] ?? 1);
  }
}
