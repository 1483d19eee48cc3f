/** Sums of a paired comparison, by block of time. */
export interface PairedState {
  readonly blocks: readonly (readonly [block: number, difference: number, rows: number])[];
}

/**
 * Compares two answerers on the same rows: by how much one is right more often, and whether that is chance.
 *
 *     z = Σ_b d_b / √(Σ_b d_b²),   d_b the difference of right answers in block b of time
 *
 * Rows of one block err together, so a block counts once. Under no difference the signs of d_b are as good
 * as tossed, and z has variance 1.
 */
export class PairedScore {
  readonly #blocks = new Map<number, { difference: number; rows: number }>();
  readonly #capacity: number;
  #rows = 0;

  /** @param capacity Blocks that count: the newest ones; all unless given. */
  constructor(capacity = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity;
  }

  /** Adds a row. @param difference Right answers of the one less those of the other, in [−1, 1]. */
  add(block: number, difference: number): void {
    const known = this.#blocks.get(block) ?? { difference: 0, rows: 0 };
    known.difference += difference;
    known.rows++;
    this.#blocks.set(block, known);
    this.#rows++;
    if (this.#blocks.size <= this.#capacity) return;
    for (const [oldest, { rows }] of this.#blocks) {
      this.#blocks.delete(oldest);
      this.#rows -= rows;
      return;
    }
  }

  /** Drops the blocks before one. */
  forget(before: number): void {
    for (const [block, { rows }] of this.#blocks) {
      if (block >= before) continue;
      this.#blocks.delete(block);
      this.#rows -= rows;
    }
  }

  /** Blocks that hold a row. */
  get blocks(): number {
    return this.#blocks.size;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Mean difference a row; 0 of none. */
  get mean(): number {
    let sum = 0;
    for (const { difference } of this.#blocks.values()) sum += difference;
    return this.#rows === 0 ? 0 : sum / this.#rows;
  }

  /** In standard deviations; 0 where nothing differs. */
  get z(): number {
    let [sum, squares] = [0, 0];
    for (const { difference } of this.#blocks.values()) {
      sum += difference;
      squares += difference * difference;
    }
    return squares === 0 ? 0 : sum / Math.sqrt(squares);
  }

  snapshot(): PairedState {
    return {
      blocks: [...this.#blocks].map(([block, { difference, rows }]) => [block, difference, rows]),
    };
  }

  restore({ blocks }: PairedState): void {
    this.#blocks.clear();
    this.#rows = 0;
    for (const [block, difference, rows] of blocks) {
      this.#blocks.set(block, { difference, rows });
      this.#rows += rows;
    }
  }
}
