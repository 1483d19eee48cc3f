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
   * n₀, examples' worth of belief in T = 1: ln T is that of the fit times N / (N + n₀). 0, none,
   * unless given. For fits that must carry over to people or noise that they have not seen.
   */
  readonly shrinkage?: number;
}

/** Range of 1/T: a set that is all right, or no better than chance, has no finite optimum. */
const [LOWEST, HIGHEST] = [0.05, 20] as const;

/**
 * The temperature that makes answers as likely as they can be: min over T of Σ −log softmax(y / T)[label].
 *
 * The loss is convex in β = 1/T with slope mean(Σ_c p_c y_c − y_label), so its root is bisected.
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
  let [low, high] = [Math.log(LOWEST), Math.log(HIGHEST)];
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (slopeAt(Math.exp(middle), logits, labels, classes) > 0) high = middle;
    else low = middle;
  }
  const trust = labels.length / (labels.length + shrinkage);
  return Math.exp((-trust * (low + high)) / 2);
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
