const EPOCHS = 4;
const SPANS = 256;

/** The sequences seen of one epoch: spans from, to (exclusive), ascending, with gaps between. */
interface Seen {
  epoch: number;
  /** End of the last span, ahead of the one in `tos`: what comes in turn moves this one alone. −1: none. */
  next: number;
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
  /** The epoch used last. */
  #current: Seen = nothingOf(Number.NaN);
  /** All, the most recently used first. */
  #epochs: Seen[] = [];

  /** Notes a pair if it just follows the one noted last; else false, and nothing done. */
  follows(epoch: number, sequence: number): boolean {
    const seen = this.#current;
    if (seen.epoch !== epoch || seen.next !== sequence) return false;
    seen.next = sequence + 1;
    return true;
  }

  /** Notes a pair; false if it was noted before. */
  add(epoch: number, sequence: number): boolean {
    if (this.follows(epoch, sequence)) return true;
    if (this.#current.epoch !== epoch) this.#current = this.#open(epoch);
    return addOutOfTurn(this.#current, sequence);
  }

  #open(epoch: number): Seen {
    const known = this.#epochs.findIndex((seen) => seen.epoch === epoch);
    const [found] = known < 0 ? [] : this.#epochs.splice(known, 1);
    const seen = found ?? nothingOf(epoch);
    this.#epochs.unshift(seen);
    if (this.#epochs.length > EPOCHS) this.#epochs.pop();
    return seen;
  }

  /** A copy of what is remembered, as plain values. */
  snapshot(): SequenceWindowSnapshot {
    return this.#epochs.map(({ epoch, froms, tos, next }) => ({
      epoch,
      froms: [...froms],
      tos: [...tos.slice(0, -1), next],
    }));
  }

  /** The window that gave `snapshot`. */
  static restore(snapshot: SequenceWindowSnapshot): SequenceWindow {
    const window = new SequenceWindow();
    window.#epochs = snapshot.map(({ epoch, froms, tos }) => ({
      epoch,
      next: tos.at(-1) ?? -1,
      froms: [...froms],
      tos: [...tos],
    }));
    window.#current = window.#epochs[0] ?? window.#current;
    return window;
  }
}

/** What a `SequenceWindow` remembers, the most recently used epoch first. */
export type SequenceWindowSnapshot = readonly {
  readonly epoch: number;
  readonly froms: readonly number[];
  readonly tos: readonly number[];
}[];

function nothingOf(epoch: number): Seen {
  return { epoch, next: -1, froms: [], tos: [] };
}

/** Adds a sequence; false if it is there. */
function addOutOfTurn(seen: Seen, sequence: number): boolean {
  const { froms, tos } = seen;
  if (tos.length > 0) tos[tos.length - 1] = seen.next;
  const isNew = addTo(froms, tos, sequence);
  seen.next = tos.at(-1) ?? -1;
  return isNew;
}

function addTo(froms: number[], tos: number[], sequence: number): boolean {
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
