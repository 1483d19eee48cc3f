/** How far stamps may stray from what is measured, in blocks, before they are set right. */
const TOLERANCE = 1.5;

/**
 * Stamps of blocks that follow one another without gaps: exactly one block apart, always ascending.
 *
 * Two clocks never run alike: where the stamps have fallen behind they catch up at once, where they have run ahead
 * the next blocks are half a block apart, until they have not.
 */
export class SteadyStamps {
  readonly #period: number;
  #next: number | undefined;

  /** @param period Length of a block, in µs. */
  constructor(period: number) {
    this.#period = period;
  }

  /** The time of the next block. @param measured When it began, as well as that can be told, in µs. */
  stamp(measured: number): number {
    const expected = this.#next ?? measured;
    const isFar = Math.abs(measured - expected) > TOLERANCE * this.#period;
    const time = isFar ? Math.max(measured, expected - this.#period / 2) : expected;
    this.#next = time + this.#period;
    return time;
  }
}
