const EPOCHS = 4;
const SPANS = 256;

/** The sequences seen of one epoch: spans from, to (exclusive), ascending, with gaps between. */
interface Seen {
  epoch: number;
  froms: number[];
  tos: number[];
}

/**
 * Remembers which (epoch, sequence) pairs of one stream have come in, to tell duplicates.
 *
 * What comes without gaps costs nothing to remember. Bounded: the last 256 spans between gaps, of each of
 * the last 4 epochs. What is older cannot be told from a new frame here, but by then its origin time makes
 * it late.
 */
export class SequenceWindow {
  /** The most recently used epoch first. */
  #epochs: Seen[] = [];

  /** Notes a pair; false if it was noted before. */
  add(epoch: number, sequence: number): boolean {
    const first = this.#epochs[0];
    const seen = first !== undefined && first.epoch === epoch ? first : this.#open(epoch);
    const last = seen.tos.length - 1;
    if (last >= 0 && seen.tos[last] === sequence) {
      seen.tos[last] = sequence + 1;
      return true;
    }
    return addOutOfTurn(seen, sequence);
  }

  #open(epoch: number): Seen {
    const known = this.#epochs.findIndex((seen) => seen.epoch === epoch);
    const [found] = known < 0 ? [] : this.#epochs.splice(known, 1);
    const seen = found ?? { epoch, froms: [], tos: [] };
    this.#epochs.unshift(seen);
    if (this.#epochs.length > EPOCHS) this.#epochs.pop();
    return seen;
  }

  /** A copy of what is remembered, as plain values. */
  snapshot(): SequenceWindowSnapshot {
    return this.#epochs.map(({ epoch, froms, tos }) => ({
      epoch,
      froms: [...froms],
      tos: [...tos],
    }));
  }

  /** The window that gave `snapshot`. */
  static restore(snapshot: SequenceWindowSnapshot): SequenceWindow {
    const window = new SequenceWindow();
    window.#epochs = snapshot.map(({ epoch, froms, tos }) => ({
      epoch,
      froms: [...froms],
      tos: [...tos],
    }));
    return window;
  }
}

/** What a `SequenceWindow` remembers, the most recently used epoch first. */
export type SequenceWindowSnapshot = readonly {
  readonly epoch: number;
  readonly froms: readonly number[];
  readonly tos: readonly number[];
}[];

/** Adds a sequence that does not just follow the last one; false if it is there. */
function addOutOfTurn({ froms, tos }: Seen, sequence: number): boolean {
  // New ones are near the end: what comes first is the last span that begins at or before it.
  let span = froms.length - 1;
  while (span >= 0 && (froms[span] ?? 0) > sequence) span--;
  const end = tos[span] ?? Number.NEGATIVE_INFINITY;
  if (sequence < end) return false;
  const joinsNext = froms[span + 1] === sequence + 1;
  if (sequence === end) {
    tos[span] = joinsNext ? (tos[span + 1] ?? sequence + 1) : sequence + 1;
    if (joinsNext) drop(froms, tos, span + 1);
  } else if (joinsNext) froms[span + 1] = sequence;
  else {
    froms.splice(span + 1, 0, sequence);
    tos.splice(span + 1, 0, sequence + 1);
    if (froms.length > SPANS) drop(froms, tos, 0);
  }
  return true;
}

function drop(froms: number[], tos: number[], span: number): void {
  froms.splice(span, 1);
  tos.splice(span, 1);
}
