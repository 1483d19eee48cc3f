/** What it remembers. */
export interface StrangenessSnapshot {
  readonly rows: number;
  readonly now: number;
  readonly usual: number;
  readonly spread: number;
}

/** Time constants, in rows at 25 a second: what is now, and what is usual. */
const NOW_ROWS = 50;
const USUAL_ROWS = 1_500;
/** Rows until what is usual is known. */
const KNOWN_ROWS = 500;
/** How far beyond the usual the codes must be: so many times as far, */
const FARTHER = 1.25;
/** and beyond it by so many times what the mean of some rows usually is off. */
const DEVIATIONS = 4;

/** Follows how far a stream's embeddings lie from their nearest codes, against how far they usually do. */
export class Strangeness {
  #rows = 0;
  #now = 0;
  #usual = 0;
  /** Mean square of how far what is now lies from what is usual. */
  #spread = 0;

  /**
   * Takes the next row.
   *
   * @param distance To the nearest code; undefined where the stream is missing.
   * @param healthy Whether the row may count as usual.
   */
  push(distance: number | undefined, healthy: boolean): void {
    if (distance === undefined) return;
    this.#rows++;
    this.#now += (distance - this.#now) / Math.min(this.#rows, NOW_ROWS);
    if (!healthy) return;
    const weight = 1 / Math.min(this.#rows, USUAL_ROWS);
    this.#usual += weight * (distance - this.#usual);
    // What is strange is not how it usually varies; if it stays, it becomes what is usual.
    if (!this.isStrange) this.#spread += weight * ((this.#now - this.#usual) ** 2 - this.#spread);
  }

  /** Whether what it senses is now unlike what the codes were made for, and was not before. */
  get isStrange(): boolean {
    const beyond = this.#now - this.#usual;
    return (
      this.#rows >= KNOWN_ROWS &&
      this.#now > FARTHER * this.#usual &&
      beyond ** 2 > DEVIATIONS ** 2 * this.#spread
    );
  }

  /** All that it remembers. */
  snapshot(): StrangenessSnapshot {
    return { rows: this.#rows, now: this.#now, usual: this.#usual, spread: this.#spread };
  }

  /** Goes on where another gave this snapshot. */
  restore({ rows, now, usual, spread }: StrangenessSnapshot): void {
    this.#rows = rows;
    this.#now = now;
    this.#usual = usual;
    this.#spread = spread;
  }
}
