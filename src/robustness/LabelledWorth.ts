import { closeness } from "../learn/online/closeness.ts";
import { PairedScore, type PairedState } from "../learn/online/PairedScore.ts";
import { argMax } from "../tensor/argMax.ts";
import { type Micros, seconds } from "../units.ts";
import type { KnownSpan } from "./KnownSpan.ts";

/** What was answered about one instant, with all streams that count and without each of them. */
export interface WeighedRow {
  /** The instant that the answer is about. */
  readonly labelTime: Micros;
  /** [classes] natural log, from all that were present. */
  readonly full: Float32Array | Float64Array;
  /** By stream: [classes] natural log, from all others. Of streams without which something remained. */
  readonly without: Readonly<Record<string, Float32Array | Float64Array>>;
}

interface Evidence {
  /** By how much closer to the truth the answer comes without the stream, and how much more often it is right. */
  readonly closer: PairedScore;
  readonly right: PairedScore;
}

/** A row that a label may still be about. */
interface KeptRow {
  readonly row: WeighedRow;
  isLabelled: boolean;
}

/** What is remembered. */
export interface LabelledWorthSnapshot {
  readonly isAsked: boolean;
  readonly rows: readonly { readonly row: WeighedRow; readonly isLabelled: boolean }[];
  readonly known: readonly KnownSpan[];
  readonly evidence: Readonly<
    Record<string, { readonly closer: PairedState; readonly right: PairedState }>
  >;
  readonly doubted: readonly string[];
}

/** Rows so close in time err together: they count as one. */
const BLOCK = seconds(2);
/** How old evidence may be: what a sensor is worth changes. */
const MEMORY = seconds(60);
/** Labelled blocks in that time below which they say nothing. */
const LEAST_BLOCKS = 8;
/** Standard deviations from which on a stream is doubted; it is believed again at 0. */
const SIGNIFICANCE = 1.64;

/**
 * What labels say a stream is worth: whether the answer is better without it.
 *
 *     d_i = closeness(without stream, y_i) − closeness(all, y_i)        over the labels of the last minute
 *     doubted from z(d) ≥ 1.64 on, over blocks of 2 s, where it is right more often too; until z(d) ≤ 0
 *
 * A sensor in noise that the model was never taught is as sure of itself as ever and of nothing in particular; no sign
 * in it tells that, but few labels do. Labels that are wrong make whoever is less sure come closer, but nobody right more
 * often. Evidence grows old: where nobody labels any more, the stream is believed again within a minute.
 *
 * Deterministic: what it says follows from rows and labels in their order. Rows are kept from the first label on.
 */
export class LabelledWorth {
  readonly #capacity: number;
  readonly #evidence = new Map<string, Evidence>();
  readonly #doubted = new Set<string>();
  #rows: KeptRow[] = [];
  #known: KnownSpan[] = [];
  #isAsked = false;

  /** @param rows How many rows back labels may come late. */
  constructor(rows: number) {
    this.#capacity = rows;
  }

  /** Streams without which the answer is better, by the labels until now. */
  get doubted(): readonly string[] {
    return [...this.#doubted];
  }

  /** Takes the next row. */
  push(row: WeighedRow): void {
    if (!this.#isAsked) return;
    const { labelTime } = row;
    const kept = { row, isLabelled: false };
    this.#rows.push(kept);
    if (this.#rows.length > this.#capacity) this.#rows.shift();
    this.#known = this.#known.filter(({ to }) => to > labelTime);
    const known = this.#known.find(({ from }) => from <= labelTime);
    if (known !== undefined) this.#weigh(kept, known.classIndex);
    const oldest = Math.floor((labelTime - MEMORY) / BLOCK);
    for (const [stream, evidence] of this.#evidence) {
      evidence.closer.forget(oldest);
      evidence.right.forget(oldest);
      this.#settle(stream, evidence);
    }
  }

  /**
   * Somebody says what was truly there; rows that are kept count, and rows to come. Of two labels of one row the first
   * counts, as for a learner.
   */
  label(classIndex: number, from: Micros, to: Micros): void {
    this.#isAsked = true;
    this.#known.push({ classIndex, from, to });
    for (const kept of this.#rows) {
      const { labelTime } = kept.row;
      if (labelTime >= from && labelTime < to) this.#weigh(kept, classIndex);
    }
  }

  /** All that it remembers; borrows the rows' numbers, which nobody changes. */
  snapshot(): LabelledWorthSnapshot {
    return {
      isAsked: this.#isAsked,
      rows: this.#rows.map((kept) => ({ ...kept })),
      known: [...this.#known],
      evidence: Object.fromEntries(
        [...this.#evidence].map(([stream, { closer, right }]) => [
          stream,
          { closer: closer.snapshot(), right: right.snapshot() },
        ]),
      ),
      doubted: this.doubted,
    };
  }

  /** Goes on where another one gave this snapshot. */
  restore({ isAsked, rows, known, evidence, doubted }: LabelledWorthSnapshot): void {
    this.#isAsked = isAsked;
    this.#rows = rows.map((kept) => ({ ...kept }));
    this.#known = [...known];
    this.#evidence.clear();
    for (const [stream, own] of Object.entries(evidence)) {
      const { closer, right } = this.#evidenceOf(stream);
      closer.restore(own.closer);
      right.restore(own.right);
    }
    this.#doubted.clear();
    for (const stream of doubted) this.#doubted.add(stream);
  }

  #weigh(kept: KeptRow, label: number): void {
    if (kept.isLabelled) return;
    kept.isLabelled = true;
    const { labelTime, full, without } = kept.row;
    const block = Math.floor(labelTime / BLOCK);
    const isRight = (answer: Float32Array | Float64Array): number =>
      Number(argMax(answer) === label);
    for (const [stream, answer] of Object.entries(without)) {
      const { closer, right } = this.#evidenceOf(stream);
      closer.add(block, closeness(answer, label) - closeness(full, label));
      right.add(block, isRight(answer) - isRight(full));
    }
  }

  #settle(stream: string, { closer, right }: Evidence): void {
    const { blocks, z } = closer;
    const isDoubted = this.#doubted.has(stream) ? z > 0 : z >= SIGNIFICANCE && right.mean > 0;
    if (blocks >= LEAST_BLOCKS && isDoubted) this.#doubted.add(stream);
    else this.#doubted.delete(stream);
  }

  #evidenceOf(stream: string): Evidence {
    const known = this.#evidence.get(stream) ?? {
      closer: new PairedScore(),
      right: new PairedScore(),
    };
    this.#evidence.set(stream, known);
    return known;
  }
}
