import { extended, NO_ROWS, type RunningMean } from "./RunningMean.ts";

/** What it remembers. */
export interface StrangenessSnapshot {
  readonly now: RunningMean;
  readonly usual: RunningMean;
  readonly spread: RunningMean;
}

/** Time constants, in rows at 25 a second: what is now, and what is usual. */
const NOW_ROWS = 50;
const USUAL_ROWS = 1_500;
/** Healthy rows until what is usual is known. */
const KNOWN_ROWS = 500;
/** How far beyond the usual the codes must be: so many times as far, */
const FARTHER = 1.25;
/** and beyond it by so many times what the mean of some rows usually is off. */
const DEVIATIONS = 4;

/** Follows how far a stream's embeddings lie from their nearest codes, against how far they usually do. */
export class Strangeness {
  #now = NO_ROWS;
  #usual = NO_ROWS;
  /** Mean square of how far what is now lies from what is usual. */
  #spread = NO_ROWS;

  /**
   * Takes the next row.
   *
   * @param distance To the nearest code; undefined where the stream is missing.
   * @param healthy Whether the row may count as usual.
   */
  push(distance: number | undefined, healthy: boolean): void {
    if (distance === undefined) return;
    this.#now = extended(this.#now, distance, NOW_ROWS);
    if (!healthy) return;
    this.#usual = extended(this.#usual, distance, USUAL_ROWS);
    // What is strange is not how it usually varies; if it stays, it becomes what is usual.
    if (!this.isStrange)
      this.#spread = extended(this.#spread, (this.#now.mean - this.#usual.mean) ** 2, USUAL_ROWS);
  }

  /** Whether what it senses is now unlike what the codes were made for, and was not before. */
  get isStrange(): boolean {
    const beyond = this.#now.mean - this.#usual.mean;
    return (
      this.#usual.rows >= KNOWN_ROWS &&
      this.#now.mean > FARTHER * this.#usual.mean &&
      beyond ** 2 > DEVIATIONS ** 2 * this.#spread.mean
    );
  }

  /** All that it remembers. */
  snapshot(): StrangenessSnapshot {
    return { now: this.#now, usual: this.#usual, spread: this.#spread };
  }

  /** Goes on where another gave this snapshot. */
  restore({ now, usual, spread }: StrangenessSnapshot): void {
    this.#now = now;
    this.#usual = usual;
    this.#spread = spread;
  }
}
