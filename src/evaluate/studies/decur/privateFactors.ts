import { EigenvalueDecomposition, Matrix } from "ml-matrix";

import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { fitRidge, matrixOf } from "./fitRidge.ts";

/** Two continuous factors of a modality, for every example of both splits. */
export interface Factors {
  /** What the other modality does not tell: [N, F] each. */
  readonly own: { readonly train: Matrix; readonly test: Matrix };
  /** What the other modality tells of it. */
  readonly shared: { readonly train: Matrix; readonly test: Matrix };
}

/** Directions kept of each factor. */
const DIRECTIONS = 3;
const L2 = 1e-2;

/**
 * Factors of a modality by how far another one predicts it.
 *
 * The modality is predicted from the other by ridge regression, fitted on `train`. Its shared factor is
 * the first principal components of the prediction, its own factor those of what is left over.
 */
export function privateFactors(
  modality: { readonly train: HostTensor<"float32">; readonly test: HostTensor<"float32"> },
  other: { readonly train: HostTensor<"float32">; readonly test: HostTensor<"float32"> },
): Factors {
  const [known, unknown] = [matrixOf(modality.train), matrixOf(modality.test)];
  const ridge = fitRidge(other.train, known, L2);
  const [told, toldTest] = [ridge.predict(other.train), ridge.predict(other.test)];
  return {
    shared: principal(told, toldTest),
    own: principal(Matrix.sub(known, told), Matrix.sub(unknown, toldTest)),
  };
}

/** Coordinates along the first principal components of `train`. */
function principal(train: Matrix, test: Matrix): { train: Matrix; test: Matrix } {
  const mean = train.mean("column");
  const centred = train.clone().subRowVector(mean);
  const { eigenvectorMatrix } = new EigenvalueDecomposition(
    centred.transpose().mmul(centred).div(train.rows),
    { assumeSymmetric: true },
  );
  // Ascending eigenvalues: the largest are last.
  const size = train.columns;
  const columns = Array.from({ length: Math.min(DIRECTIONS, size) }, (_, i) => size - 1 - i);
  const axes = eigenvectorMatrix.subMatrixColumn(columns);
  return { train: centred.mmul(axes), test: test.clone().subRowVector(mean).mmul(axes) };
}
