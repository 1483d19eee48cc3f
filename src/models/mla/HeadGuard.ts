import { ConfigError, ShapeError } from "../../errors.ts";
import type { HeadGuardConfig } from "./config.ts";
import { rlsUpdate } from "./rlsUpdate.ts";

/** What a guard is for. */
export interface HeadGuardOptions {
  readonly config: HeadGuardConfig;
  /** s, numbers of a feature vector. */
  readonly width: number;
  /** Whether the bias is guarded too, as the weight of a constant feature 1. */
  readonly guardsBias: boolean;
}

/**
 * Keeps what the shared head learnt of one modality while another one trains it: head gradient
 * modification. A step's change of the head is multiplied by P on the feature side, so that the logits
 * of remembered mean features h hardly move: by α / (α + hᵀPh) of what they would have.
 *
 *     paper    P ← P − q h̄ᵀP with the mean of the step before; never forgets
 *     leaky    the same, then P ← (1 − ρ) P + ρ I
 *     stream   P = I − H (αI + HᵀH)⁻¹ Hᵀ, H the running means of the other modalities
 *
 * `paper` freezes the head in the long run: noisy means fill every direction and P tends to 0.
 *
 * Key behaviours: `next` gives the projector of a step and `observe` takes what that step saw; before
 * anything was observed P = I. `forget` drops a removed sensor at once in form `stream`; the others hold
 * no modality apart. Bounded: n² numbers, or n per modality and n².
 *
 * Zhang et al. 2024, sec. 3.2, arXiv:2311.10707; a single layer of orthogonal weight modification, Zeng
 * et al. 2019, arXiv:1810.01256. `leaky` and `stream` are ours.
 */
export class HeadGuard {
  /** n: features, and one more where the bias is guarded. */
  readonly size: number;
  readonly #config: HeadGuardConfig;
  readonly #width: number;
  readonly #means = new Map<string, Float64Array>();
  readonly #projector: Float64Array;
  #previous: Float64Array | undefined;

  /** @throws {ConfigError} If the width is not a positive integer. */
  constructor({ config, width, guardsBias }: HeadGuardOptions) {
    if (!(Number.isSafeInteger(width) && width > 0))
      throw new ConfigError("HeadGuard", `width must be a positive integer, got ${width}`);
    this.#config = config;
    this.#width = width;
    this.size = guardsBias ? width + 1 : width;
    this.#projector = identity(this.size);
  }

  /**
   * The projector for a step of one modality.
   *
   * @param alpha Instead of the configured one, for schedules; see `slidingAlpha`.
   * @returns [n, n] symmetric, row-major; borrowed until the next call.
   */
  next(modality: string, alpha?: number): Float64Array {
    const config = this.#config;
    if (config.kind === "none") return this.#projector;
    const strength = alpha ?? config.alpha;
    if (!(strength > 0)) throw new ConfigError("HeadGuard", `alpha must be > 0, got ${strength}`);
    if (config.kind === "stream") {
      this.#projector.set(identity(this.size));
      for (const [name, mean] of this.#means)
        if (name !== modality) rlsUpdate(this.#projector, mean, strength);
      return this.#projector;
    }
    if (this.#previous === undefined) return this.#projector;
    rlsUpdate(this.#projector, this.#previous, strength);
    this.#previous = undefined;
    if (config.kind === "leaky") leak(this.#projector, config.leak);
    return this.#projector;
  }

  /**
   * Remembers the mean features of the step just done.
   *
   * @param mean [s] finite; copied.
   * @throws {ShapeError} If it has another length or a number is not finite.
   */
  observe(modality: string, mean: ArrayLike<number>): void {
    if (mean.length !== this.#width)
      throw new ShapeError("HeadGuard", `expected ${this.#width} features, got ${mean.length}`);
    const extended = new Float64Array(this.size).fill(1);
    extended.set(mean);
    if (!extended.every(Number.isFinite))
      throw new ShapeError("HeadGuard", `expected finite features, got some of ${modality} not`);
    if (this.#config.kind !== "stream") {
      this.#previous = extended;
      return;
    }
    const { meanDecay } = this.#config;
    const known = this.#means.get(modality);
    this.#means.set(
      modality,
      known?.map((value, i) => meanDecay * value + (1 - meanDecay) * (extended[i] ?? 0)) ??
        extended,
    );
  }

  /** What form `stream` knows of each modality, copied: [s + 1 or s] running mean features. */
  means(): Readonly<Record<string, Float64Array>> {
    return Object.fromEntries([...this.#means].map(([name, mean]) => [name, mean.slice()]));
  }

  /**
   * Goes on with what `means` gave.
   *
   * @throws {ShapeError} If a mean is of another length.
   */
  recall(means: Readonly<Record<string, Float64Array>>): void {
    for (const [name, mean] of Object.entries(means)) {
      if (mean.length !== this.size)
        throw new ShapeError("HeadGuard", `expected ${this.size} numbers, got ${mean.length}`);
      this.#means.set(name, mean.slice());
    }
  }

  /** Drops a modality whose sensor is gone for good. */
  forget(modality: string): void {
    this.#means.delete(modality);
  }
}

/** α of the released schedule: from 0.1 down to 0.01 while `progress` goes from 0 to 1 in an epoch. */
export function slidingAlpha(progress: number): number {
  return 0.1 ** (1 + progress);
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

function leak(projector: Float64Array, share: number): void {
  const size = Math.sqrt(projector.length);
  for (let i = 0; i < projector.length; i++)
    projector[i] = (1 - share) * (projector[i] ?? 0) + (i % (size + 1) === 0 ? share : 0);
}
