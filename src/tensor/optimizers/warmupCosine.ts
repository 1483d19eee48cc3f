import { ConfigError } from "../../errors.ts";

/** Options of a warm-up followed by a cosine. */
export interface WarmupCosineOptions {
  /** Highest learning rate, reached at the end of the warm-up. */
  readonly peak: number;
  /** Learning rate at the last step; 0 unless said otherwise. */
  readonly floor?: number;
  readonly warmupSteps: number;
  /** All steps, those of the warm-up included. */
  readonly totalSteps: number;
}

/**
 * Learning rate by step: a line from 0 to `peak`, then half a cosine down to `floor`.
 *
 * @returns A function of the step, 0 for the first; past the last step it stays at `floor`.
 * @throws {ConfigError} If the steps are not 0 ≤ warmupSteps < totalSteps, or `peak` ≤ 0.
 *
 * Loshchilov and Hutter 2017, eq. 5, arXiv:1608.03983.
 */
export function warmupCosine({
  peak,
  floor = 0,
  warmupSteps,
  totalSteps,
}: WarmupCosineOptions): (step: number) => number {
  if (!(peak > 0)) throw new ConfigError("warmupCosine", `peak must be > 0, got ${peak}`);
  if (!(warmupSteps >= 0 && warmupSteps < totalSteps))
    throw new ConfigError(
      "warmupCosine",
      `expected 0 <= warmupSteps < totalSteps, got ${warmupSteps}, ${totalSteps}`,
    );
  return (step) => {
    if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
    const progress = Math.min(1, (step - warmupSteps) / (totalSteps - warmupSteps));
    return floor + ((peak - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
