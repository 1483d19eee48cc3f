import { Matrix, solve } from "ml-matrix";

import type { HostTensor } from "../../../tensor/HostTensor.ts";

/** A linear prediction of several numbers. */
export interface Ridge {
  /** [N, targets] for features [N, D]. */
  predict(features: HostTensor<"float32">): Matrix;
}

/**
 * Ridge regression of standardised features: min ‖X̂W + b − Y‖²/N + l2 ‖W‖².
 *
 * @param features [N, D]
 * @param targets [N, targets]
 */
export function fitRidge(features: HostTensor<"float32">, targets: Matrix, l2: number): Ridge {
  const scale = columnScale(matrixOf(features));
  const X = standardised(matrixOf(features), scale);
  const N = X.rows;
  const middle = targets.mean("column");
  const centred = Matrix.from1DArray(targets.rows, targets.columns, targets.to1DArray());
  centred.subRowVector(middle);
  const normal = X.transpose().mmul(X).div(N);
  for (let i = 0; i < normal.rows; i++) normal.set(i, i, normal.get(i, i) + l2);
  const weights = solve(normal, X.transpose().mmul(centred).div(N));
  return {
    predict: (given) => standardised(matrixOf(given), scale).mmul(weights).addRowVector(middle),
  };
}

/** 1 − Σ (y − ŷ)² / Σ (y − ȳ)², over all columns; 0 is no better than the mean. */
export function determination(targets: Matrix, predicted: Matrix): number {
  const residual = Matrix.sub(targets, predicted);
  const spread = targets.clone().subRowVector(targets.mean("column"));
  return 1 - residual.dot(residual) / Math.max(spread.dot(spread), 1e-12);
}

/** A host tensor [N, ...] as a matrix of N rows. */
export function matrixOf({ data, shape }: HostTensor<"float32">): Matrix {
  const rows = shape[0] ?? 0;
  return Matrix.from1DArray(rows, data.length / Math.max(rows, 1), data);
}

interface ColumnScale {
  readonly mean: number[];
  readonly deviation: number[];
}

function columnScale(x: Matrix): ColumnScale {
  const deviation = x.standardDeviation("column", { unbiased: false });
  return { mean: x.mean("column"), deviation: deviation.map((value) => Math.max(value, 1e-8)) };
}

function standardised(x: Matrix, { mean, deviation }: ColumnScale): Matrix {
  return x.clone().subRowVector(mean).divRowVector(deviation);
}
