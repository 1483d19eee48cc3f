/** Draws an integer in [low, high). */
export interface IntSource {
  int(low: number, high: number): number;
}

/** What a reservoir holds, and how many there were. */
export interface ReservoirState<T> {
  readonly items: readonly T[];
  readonly seen: number;
}

/**
 * A uniform sample, of bounded size, of all that was ever offered: every item has the same chance to be in it.
 *
 * Vitter 1985, "Random sampling with a reservoir", algorithm R.
 */
export class Reservoir<T> {
  readonly #capacity: number;
  readonly #rng: IntSource;
  #items: T[] = [];
  #seen = 0;

  /** @param rng Borrowed; drawn from once an item when it is full. */
  constructor(capacity: number, rng: IntSource) {
    this.#capacity = capacity;
    this.#rng = rng;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  offer(item: T): void {
    this.#seen++;
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
      return;
    }
    const at = this.#rng.int(0, this.#seen);
    if (at < this.#capacity) this.#items[at] = item;
  }

  /** How many were offered for each item that is kept; 0 of none. */
  get standsFor(): number {
    return this.#items.length === 0 ? 0 : this.#seen / this.#items.length;
  }

  /** Forgets all. */
  clear(): void {
    this.#items = [];
    this.#seen = 0;
  }

  snapshot(): ReservoirState<T> {
    return { items: [...this.#items], seen: this.#seen };
  }

  restore({ items, seen }: ReservoirState<T>): void {
    this.#items = [...items];
    this.#seen = seen;
  }
}
