import type { Random } from "./Line.ts";

const SIZE = 1 << 18;

/**
 * White noise by the second: numbers drawn once, read from a random place on each time.
 *
 * Drawing each sample anew cost more than all the rest of making a training line.
 */
export class NoiseTable {
  readonly #values: Float32Array;
  readonly #random: Random;

  /** @param random Draws the table, and later the places to read from. */
  constructor(random: Random) {
    this.#random = random;
    // The sum of three is near enough to normal for noise.
    this.#values = Float32Array.from(
      { length: SIZE },
      () => 2 * (random() + random() + random()) - 3,
    );
  }

  /** Calls back with `count` numbers of mean 0 and standard deviation 1. */
  forEach(count: number, use: (value: number, index: number) => void): void {
    let at = Math.floor(this.#random() * SIZE);
    for (let i = 0; i < count; i++) {
      use(this.#values[at] ?? 0, i);
      if (++at === SIZE) at = 0;
    }
  }
}
