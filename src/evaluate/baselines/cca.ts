import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";

import { ConfigError } from "../../errors.ts";
import { columnMeans, crossCovariance, type LinearMap, projectRows } from "./rowProducts.ts";

/** What a canonical correlation analysis is fitted to. */
export interface CcaTask {
  /** [N · sizeA] and [N · sizeB] flat; row i of both is one moment. */
  readonly a: Float32Array;
  readonly sizeA: number;
  readonly b: Float32Array;
  readonly sizeB: number;
  /** Pairs of directions to keep. */
  readonly components: number;
  /** Added to each side's covariance, as a share of its mean variance; 1e-3 unless given. */
  readonly ridge?: number;
  /**
   * Scales each direction by its correlation to this power; 1 unless given. 0 gives plain CCA, in which
   * a direction that shares nothing counts as much as one that shares all.
   */
  readonly power?: number;
}

/** Two linear maps into a space in which the two sides correlate. */
export interface Cca {
  /** [components] canonical correlations, largest first. */
  readonly correlations: Float64Array;
  /** Projects rows of the first side, [N · sizeA] → [N · components]. */
  projectA(rows: Float32Array): Promise<Float32Array>;
  /** Projects rows of the second side. */
  projectB(rows: Float32Array): Promise<Float32Array>;
}

/**
 * Linear CCA with ridge: the whitened cross-covariance's singular vectors.
 *
 *     K = (Σ_aa + r_a I)^{−½} Σ_ab (Σ_bb + r_b I)^{−½} = U S Vᵀ,   a ↦ (a − ā)(Σ_aa + r_a I)^{−½} U S^p
 *
 * @throws {ConfigError} If the sides differ in rows, or more components are asked for than there are.
 *
 * Hotelling 1936; ridge: Vinod 1976.
 */
export async function linearCca(task: CcaTask): Promise<Cca> {
  const { a, sizeA, b, sizeB, components, ridge = 1e-3, power = 1 } = task;
  if (a.length / sizeA !== b.length / sizeB)
    throw new ConfigError(
      "linearCca",
      `expected as many rows on both sides, got ${a.length / sizeA} and ${b.length / sizeB}`,
    );
  if (!(components >= 1 && components <= Math.min(sizeA, sizeB)))
    throw new ConfigError(
      "linearCca",
      `components must be in 1..${Math.min(sizeA, sizeB)}, got ${components}`,
    );
  const left = { rows: a, size: sizeA, mean: columnMeans(a, sizeA) };
  const right = { rows: b, size: sizeB, mean: columnMeans(b, sizeB) };
  const covariance = async (x: typeof left, y: typeof left): Promise<Matrix> =>
    Matrix.from1DArray(x.size, y.size, [...(await crossCovariance(x, y))]);
  const whitenA = inverseRoot(await covariance(left, left), ridge);
  const whitenB = inverseRoot(await covariance(right, right), ridge);
  const coherence = whitenA.mmul(await covariance(left, right)).mmul(whitenB);
  const { leftSingularVectors, rightSingularVectors, diagonal } = new SingularValueDecomposition(
    coherence,
    { autoTranspose: true },
  );
  const scales = Float64Array.from({ length: components }, (_, k) => (diagonal[k] ?? 0) ** power);
  const mapA = scaled(whitenA.mmul(leftSingularVectors), scales);
  const mapB = scaled(whitenB.mmul(rightSingularVectors), scales);
  return {
    correlations: Float64Array.from(diagonal.slice(0, components)),
    projectA: (rows) => projectRows(rows, { ...mapA, mean: left.mean }),
    projectB: (rows) => projectRows(rows, { ...mapB, mean: right.mean }),
  };
}

function inverseRoot(covariance: Matrix, ridge: number): Matrix {
  const size = covariance.rows;
  const floor = (ridge * covariance.trace()) / size;
  const { realEigenvalues, eigenvectorMatrix: V } = new EigenvalueDecomposition(
    Matrix.add(covariance, Matrix.eye(size).mul(floor)),
    { assumeSymmetric: true },
  );
  const roots = Matrix.diag(realEigenvalues.map((value) => 1 / Math.sqrt(Math.max(value, 1e-12))));
  return V.mmul(roots).mmul(V.transpose());
}

function scaled(directions: Matrix, scales: Float64Array): Omit<LinearMap, "mean"> {
  const axes = new Float64Array(directions.rows * scales.length);
  for (let i = 0; i < directions.rows; i++)
    for (const [k, scale] of scales.entries())
      axes[i * scales.length + k] = directions.get(i, k) * scale;
  return { axes, inputs: directions.rows, outputs: scales.length };
}
