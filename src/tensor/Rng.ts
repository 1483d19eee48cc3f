import { ConfigError } from "../errors.ts";

/**
 * A seeded generator of random numbers: xoshiro128** seeded through SplitMix32.
 *
 * The same seed gives the same numbers on every machine. Not for secrets.
 *
 * Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators", arXiv:1805.01407.
 */
export class Rng {
  readonly #state: Uint32Array;
  /** Box-Muller makes two at a time; the second waits here. */
  #spare: number | undefined;

  private constructor(state: Uint32Array) {
    this.#state = state;
  }

  /** @throws {ConfigError} If the seed is not a safe integer. */
  static fromSeed(seed: number): Rng {
    if (!Number.isSafeInteger(seed))
      throw new ConfigError("Rng", `seed must be an integer, got ${seed}`);
    const high = Math.floor(seed / 2 ** 32);
    let mix = (seed >>> 0) ^ Math.imul(high | 0, 0x9e3779b9);
    const state = new Uint32Array(4);
    for (let i = 0; i < state.length; i += 1) {
      mix = (mix + 0x9e3779b9) | 0;
      let z = mix;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      state[i] = z ^ (z >>> 15);
    }
    return new Rng(state);
  }

  /** Continues from a state that `state` gave: resuming a run draws what it would have drawn. */
  static fromState(state: readonly number[]): Rng {
    if (state.length !== 4 || state.every((word) => word === 0))
      throw new ConfigError("Rng", `state must be 4 words, not all 0, got [${state}]`);
    return new Rng(Uint32Array.from(state));
  }

  /** The four words of state, for checkpoints. A spare normal draw is not part of it. */
  get state(): readonly number[] {
    return [...this.#state];
  }

  /** A 32-bit unsigned integer. */
  nextUint32(): number {
    const s = this.#state;
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s;
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const c = s2 ^ s0;
    const d = s3 ^ s1;
    s[1] = s1 ^ c;
    s[0] = s0 ^ d;
    s[2] = c ^ (s1 << 9);
    s[3] = (d << 11) | (d >>> 21);
    return result;
  }

  /** Uniform in [low, high); 53 bits. */
  uniform(low = 0, high = 1): number {
    const bits = (this.nextUint32() >>> 5) * 2 ** 26 + (this.nextUint32() >>> 6);
    return low + (high - low) * (bits / 2 ** 53);
  }

  /** Normal with the given mean and standard deviation (Box-Muller). */
  normal(mean = 0, deviation = 1): number {
    const spare = this.#spare;
    if (spare !== undefined) {
      this.#spare = undefined;
      return mean + deviation * spare;
    }
    // 1 − u is in (0, 1]: the logarithm stays finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  }

  /**
   * An integer in [low, high), every one equally likely.
   *
   * @throws {ConfigError} If the range is empty or wider than 2^32.
   */
  int(low: number, high: number): number {
    const span = high - low;
    if (!Number.isInteger(span) || span < 1 || span > 2 ** 32)
      throw new ConfigError("Rng.int", `low must be < high by at most 2^32, got [${low}, ${high})`);
    // Rejecting the last, incomplete block keeps the numbers equally likely.
    const limit = 2 ** 32 - (2 ** 32 % span);
    let draw = this.nextUint32();
    while (draw >= limit) draw = this.nextUint32();
    return low + (draw % span);
  }

  /** Puts an array or typed array in random order, in place (Fisher and Yates), and gives it back. */
  shuffle<T extends { [index: number]: unknown; readonly length: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i -= 1) {
      const j = this.int(0, i + 1);
      const held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
    return items;
  }

  /** `size` uniform float32 numbers in [low, high); one that would be rounded up to `high` is drawn again. */
  uniformArray(size: number, low = 0, high = 1): Float32Array {
    return Float32Array.from({ length: size }, () => {
      let value = this.uniform(low, high);
      while (Math.fround(value) >= high && low < high) value = this.uniform(low, high);
      return value;
    });
  }

  /** `size` normal float32 numbers. */
  normalArray(size: number, mean = 0, deviation = 1): Float32Array {
    return Float32Array.from({ length: size }, () => this.normal(mean, deviation));
  }

  /**
   * A generator of its own for one purpose, fixed by this generator's present state and the name.
   *
   * Draws nothing: adding a fork somewhere changes no number anywhere else.
   */
  fork(name: string): Rng {
    const state = Uint32Array.from(this.#state);
    for (let i = 0; i < name.length; i += 1) {
      const word = i % 4;
      state[word] = Math.imul((state[word] ?? 0) ^ name.charCodeAt(i), 0x01000193) + i;
    }
    const mixed = new Rng(state.some((word) => word !== 0) ? state : Uint32Array.of(1, 2, 3, 4));
    // Similar names differ in few bits of state; some rounds spread them before the first draw.
    for (let round = 0; round < 16; round += 1) mixed.nextUint32();
    return mixed;
  }
}
