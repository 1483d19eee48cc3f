import { EigenvalueDecomposition, Matrix } from "ml-matrix";

import { columnMeans, crossCovariance, projectRows } from "./rowProducts.ts";

/** A fitted projection onto the directions of largest variance. */
export interface Pca {
  /** Numbers per row in and out. */
  readonly inputs: number;
  readonly components: number;
  /** [components] variance along each, largest first. */
  readonly variances: Float64Array;
  /**
   * Projects rows.
   *
   * @param rows [N · inputs] flat.
   * @returns [N · components] flat, mean 0 on the rows it was fitted to.
   * @throws {ShapeError} If `rows` is no whole number of rows.
   */
  project(rows: Float32Array): Promise<Float32Array>;
}

/**
 * Principal components by the eigenvectors of the covariance.
 *
 * @param rows [N · inputs] flat.
 * @param components At most `inputs`.
 * @throws {ShapeError} If `rows` is no whole number of rows.
 *
 * Hotelling 1933.
 */
export async function fitPca(rows: Float32Array, inputs: number, components: number): Promise<Pca> {
  const mean = columnMeans(rows, inputs);
  const side = { rows, size: inputs, mean };
  const covariance = Matrix.from1DArray(inputs, inputs, [...(await crossCovariance(side, side))]);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((value, at) => ({ value, at }))
    .sort((a, b) => b.value - a.value)
    .slice(0, Math.min(components, inputs));
  const axes = new Float64Array(inputs * order.length);
  for (const [k, { at }] of order.entries())
    for (let d = 0; d < inputs; d++) axes[d * order.length + k] = eigenvectorMatrix.get(d, at);
  return {
    inputs,
    components: order.length,
    variances: Float64Array.from(order, ({ value }) => Math.max(value, 0)),
    project: (values) => projectRows(values, { mean, axes, inputs, outputs: order.length }),
  };
}
