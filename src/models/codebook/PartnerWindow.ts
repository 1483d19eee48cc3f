import { ConfigError } from "../../errors.ts";

/** How `PartnerWindow` looks. */
export interface PartnerWindowOptions {
  /** W: frames to either side of the same one. */
  readonly window: number;
  /** Divides the cosines; small is close to picking the best one. */
  readonly temperature: number;
}

/** A frame of the middle of the window with its partners. */
export interface PartneredFrame {
  /** µs, as pushed. */
  readonly time: number;
  readonly vectors: readonly [Float64Array, Float64Array];
  readonly partners: readonly [Float64Array, Float64Array];
}

/**
 * Finds partners in a stream whose modalities lag each other by some frames.
 *
 *     r_b,t = Σ_s softmax_s( cos(z_a,t , z_b,s) / τ ) z_b,s        |s − t| ≤ W
 *
 * Frames leave W frames after they came: learning is late by that, emitting codes is not. Bounded by
 * 2 W + 1 frames.
 *
 * Xia et al. 2023 (CMG), eq. 7, windowed and by direction.
 */
export class PartnerWindow {
  readonly #options: PartnerWindowOptions;
  readonly #frames: { readonly time: number; readonly vectors: [Float64Array, Float64Array] }[] =
    [];

  /** @throws {ConfigError} If the window is negative or the temperature not positive. */
  constructor(options: PartnerWindowOptions) {
    if (!(Number.isSafeInteger(options.window) && options.window >= 0 && options.temperature > 0))
      throw new ConfigError(
        "PartnerWindow",
        `expected window >= 0 and temperature > 0, got ${options.window} and ${options.temperature}`,
      );
    this.#options = options;
  }

  /** Takes a frame of both modalities; gives the frame of W ago once it has W neighbours after it. */
  push(time: number, a: ArrayLike<number>, b: ArrayLike<number>): PartneredFrame | undefined {
    const { window } = this.#options;
    this.#frames.push({ time, vectors: [Float64Array.from(a), Float64Array.from(b)] });
    if (this.#frames.length > 2 * window + 1) this.#frames.shift();
    const middle = this.#frames[this.#frames.length - 1 - window];
    if (middle === undefined) return undefined;
    const [za, zb] = middle.vectors;
    return {
      ...middle,
      partners: [
        this.#attend(
          za,
          this.#frames.map(({ vectors }) => vectors[1]),
        ),
        this.#attend(
          zb,
          this.#frames.map(({ vectors }) => vectors[0]),
        ),
      ],
    };
  }

  #attend(query: Float64Array, keys: readonly Float64Array[]): Float64Array {
    const logits = keys.map((key) => cosine(query, key) / this.#options.temperature);
    const top = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - top));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return query.map((_, d) =>
      keys.reduce((sum, key, s) => sum + ((weights[s] ?? 0) / total) * (key[d] ?? 0), 0),
    );
  }
}

function cosine(a: Float64Array, b: Float64Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [d, value] of a.entries()) {
    const other = b[d] ?? 0;
    dot += value * other;
    aa += value * value;
    bb += other * other;
  }
  return dot / Math.sqrt(aa * bb + 1e-24);
}
