import type { LabelledRow } from "./HeadLearner.ts";
import { type IntSource, Reservoir, type ReservoirState } from "./Reservoir.ts";

/** What is held back. */
export interface HeldState {
  readonly recent: readonly LabelledRow[];
  readonly old: ReservoirState<LabelledRow>;
}

/**
 * Labelled rows that nothing is ever learnt from: what versions are judged by.
 *
 * Whole blocks of time are held back, since a row is nearly its neighbour. The newest rows say how it is now;
 * a uniform sample of all that they pushed out says what was known before.
 */
export class HeldMoments {
  readonly #block: number;
  readonly #every: number;
  readonly #capacity: number;
  readonly #old: Reservoir<LabelledRow>;
  #recent: LabelledRow[] = [];

  constructor(options: {
    /** Length of a block in µs, and one in how many is held back. */
    readonly block: number;
    readonly every: number;
    readonly recent: number;
    readonly old: number;
    readonly rng: IntSource;
  }) {
    this.#block = options.block;
    this.#every = options.every;
    this.#capacity = options.recent;
    this.#old = new Reservoir(options.old, options.rng);
  }

  /** The block of time that an instant lies in. */
  blockOf(time: number): number {
    return Math.floor(time / this.#block);
  }

  /** Whether rows of this instant are held back. */
  holds(time: number): boolean {
    // Not the remainder itself: what happens each ten seconds would be held back always, or never.
    const mixed = Math.imul(this.blockOf(time) % 2 ** 31, 0x9e3779b1) >>> 8;
    return mixed % this.#every === 0;
  }

  /** Keeps a labelled row of such an instant. */
  keep(row: LabelledRow): void {
    this.#recent.push(row);
    if (this.#recent.length <= this.#capacity) return;
    const oldest = this.#recent.shift();
    if (oldest !== undefined) this.#old.offer(oldest);
  }

  get recent(): readonly LabelledRow[] {
    return this.#recent;
  }

  get old(): readonly LabelledRow[] {
    return this.#old.items;
  }

  snapshot(): HeldState {
    return { recent: [...this.#recent], old: this.#old.snapshot() };
  }

  restore({ recent, old }: HeldState): void {
    this.#recent = [...recent];
    this.#old.restore(old);
  }
}
