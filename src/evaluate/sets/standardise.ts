/**
 * Subtracts the mean and divides by the deviation of each column over `reference`, in place.
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
  const rows = reference.length / columns;
  const means = new Float64Array(columns);
  const deviations = new Float64Array(columns);
  for (let i = 0; i < reference.length; i++) {
    const value = reference[i] ?? 0;
    const column = i % columns;
    means[column] = (means[column] ?? 0) + value / rows;
    deviations[column] = (deviations[column] ?? 0) + (value * value) / rows;
  }
  for (let column = 0; column < columns; column++) {
    const mean = means[column] ?? 0;
    deviations[column] = Math.sqrt(Math.max((deviations[column] ?? 0) - mean * mean, 1e-12));
  }
  for (let i = 0; i < values.length; i++) {
    const column = i % columns;
    values[i] = ((values[i] ?? 0) - (means[column] ?? 0)) / (deviations[column] ?? 1);
  }
}
