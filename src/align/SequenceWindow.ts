const LENGTH = 4_096;
const EPOCHS = 4;
const NEVER = -1;

/** The sequences seen of one epoch, each in the slot of its remainder. */
interface Seen {
  epoch: number;
  readonly slots: Float64Array;
}

/**
 * Remembers which (epoch, sequence) pairs of one stream have come in, to tell duplicates.
 *
 * Bounded: the last 4,096 sequences of each of the last 4 epochs. What is older than that cannot be
 * told from a new frame here, but by then its origin time makes it late.
 */
export class SequenceWindow {
  /** The most recently used epoch first. */
  #epochs: Seen[] = [];

  /** Notes a pair; false if it was noted before. */
  add(epoch: number, sequence: number): boolean {
    const first = this.#epochs[0];
    const seen = first !== undefined && first.epoch === epoch ? first : this.#open(epoch);
    // Also right beyond 32 bits: the low ones decide.
    const slot = sequence & (LENGTH - 1);
    if (seen.slots[slot] === sequence) return false;
    seen.slots[slot] = sequence;
    return true;
  }

  #open(epoch: number): Seen {
    const known = this.#epochs.findIndex((seen) => seen.epoch === epoch);
    const recycled = known < 0 && this.#epochs.length >= EPOCHS ? this.#epochs.length - 1 : known;
    const [found] = recycled < 0 ? [] : this.#epochs.splice(recycled, 1);
    const seen = found ?? { epoch, slots: new Float64Array(LENGTH).fill(NEVER) };
    if (seen.epoch !== epoch) {
      seen.epoch = epoch;
      seen.slots.fill(NEVER);
    }
    this.#epochs.unshift(seen);
    return seen;
  }

  /** A copy of what is remembered, as plain values. */
  snapshot(): SequenceWindowSnapshot {
    return this.#epochs.map(({ epoch, slots }) => ({
      epoch,
      sequences: [...slots].filter((s) => s !== NEVER),
    }));
  }

  /** The window that gave `snapshot`. */
  static restore(snapshot: SequenceWindowSnapshot): SequenceWindow {
    const window = new SequenceWindow();
    window.#epochs = snapshot.map(({ epoch, sequences }) => {
      const slots = new Float64Array(LENGTH).fill(NEVER);
      for (const sequence of sequences) slots[sequence & (LENGTH - 1)] = sequence;
      return { epoch, slots };
    });
    return window;
  }
}

/** What a `SequenceWindow` remembers, the most recently used epoch first. */
export type SequenceWindowSnapshot = readonly {
  readonly epoch: number;
  readonly sequences: readonly number[];
}[];
