import { ConfigError, ShapeError } from "../../errors.ts";

/** Answers with their truth, to fit a temperature on. */
export interface CalibrationSet {
  /** [N, C] flat. */
  readonly logits: Float32Array;
  /** [N] */
  readonly labels: Int32Array;
  readonly classes: number;
}

/** How a temperature is fitted. */
export interface FitTemperatureOptions {
  /**
   * n₀ ≥ 0, belief in T = 1: (n₀ / 2) (ln T)² is added to the summed loss, a normal prior on ln T of
   * deviation 1/√n₀. 0 unless given. For fits that must carry over to people or noise they have not
   * seen, and for sets on which all is right, where the loss alone would have T go to 0.
   */
  readonly shrinkage?: number;
}

/** Range of 1/T: a set that is all right, or no better than chance, has no finite optimum. */
const [LOWEST, HIGHEST] = [0.05, 20] as const;

/**
 * The temperature that makes answers as likely as they can be: min over T of Σ −log softmax(y / T)[label].
 *
 * The loss is convex in β = 1/T with slope Σ(Σ_c p_c y_c − y_label), so its root is bisected; with a
 * prior the optimum lies between that root and 1.
 *
 * @returns T in [0.05, 20]: above 1 where the answers are overconfident; 1 for an empty set.
 * @throws {ShapeError} If logits and labels do not belong together.
 * @throws {ConfigError} If `shrinkage` < 0.
 *
 * Guo et al. 2017, sec. 4.2, arXiv:1706.04599. The shrinkage is ours.
 */
export function fitTemperature(
  { logits, labels, classes }: CalibrationSet,
  { shrinkage = 0 }: FitTemperatureOptions = {},
): number {
  if (logits.length !== labels.length * classes)
    throw new ShapeError(
      "fitTemperature",
      `expected ${labels.length} x ${classes} logits, got ${logits.length}`,
    );
  if (!(shrinkage >= 0))
    throw new ConfigError("fitTemperature", `shrinkage must be >= 0, got ${shrinkage}`);
  if (labels.length === 0) return 1;
  const slope = (u: number): number => slopeAt(Math.exp(u), logits, labels, classes);
  const free = bisect(slope, Math.log(LOWEST), Math.log(HIGHEST)); // ln β
  if (shrinkage === 0) return Math.exp(-free);
  const pulled = (u: number): number => Math.exp(u) * slope(u) + shrinkage * u;
  return Math.exp(-bisect(pulled, Math.min(free, 0), Math.max(free, 0)));
}

/** Where a function that goes from below 0 to above 0 passes 0. */
function bisect(of: (u: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (of(middle) > 0) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** d/dβ of the summed loss at β. */
function slopeAt(beta: number, logits: Float32Array, labels: Int32Array, classes: number): number {
  let slope = 0;
  for (let row = 0; row < labels.length; row++) {
    const start = row * classes;
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[start + c] ?? 0);
    let [mass, expected] = [0, 0];
    for (let c = 0; c < classes; c++) {
      const y = logits[start + c] ?? 0;
      const p = Math.exp(beta * (y - largest));
      mass += p;
      expected += p * y;
    }
    slope += expected / mass - (logits[start + (labels[row] ?? 0)] ?? 0);
  }
  return slope;
}
