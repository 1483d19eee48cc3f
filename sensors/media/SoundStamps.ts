import { type Micros, micros } from "../../src/sensing.ts";

/** Blocks over which the least delay is taken: a delay that lasts longer is no burst. */
const WINDOW = 50;
/** How far stamps may stray from the truth, in blocks, before they are set right. */
const TOLERANCE = 1.5;

/**
 * Gives blocks of live sound their times.
 *
 * Sound comes in bursts, but its samples are evenly spaced. So blocks are stamped exactly one block
 * apart, on `lattice` + n blocks: each instant of a grid that starts at `lattice` gets the same number
 * of them. Where the truth lies is told by the least delay: no block arrives before it has ended.
 *
 * When the sound's clock and ours have drifted 1.5 blocks apart, or the device has lost sound, one
 * stamp is skipped or one block left out. So a stamp is at most 1.5 blocks and the device's own delay
 * away from the truth.
 */
export class SoundStamps {
  readonly #lattice: Micros;
  readonly #block: Micros;
  /** Lattice point of the next block. */
  #next: number | undefined;
  #least = Infinity;
  #seen = 0;

  /**
   * @param lattice An instant that all stamps are whole blocks away from.
   * @param block Length of a block.
   */
  constructor(lattice: Micros, block: Micros) {
    this.#lattice = lattice;
    this.#block = block;
  }

  /**
   * The origin time of the next block.
   *
   * @param arrival When its last sample came in.
   * @returns undefined for a block that is one too many and must be left out.
   */
  stamp(arrival: Micros): Micros | undefined {
    const latest = (arrival - this.#lattice) / this.#block - 1;
    this.#next ??= Math.floor(latest);
    const delay = latest - this.#next;
    if (delay < -TOLERANCE) return undefined;
    this.#least = Math.min(this.#least, delay);
    if (++this.#seen === WINDOW) {
      if (this.#least > TOLERANCE) this.#next += Math.floor(this.#least);
      this.#least = Infinity;
      this.#seen = 0;
    }
    return micros(this.#lattice + this.#next++ * this.#block);
  }
}
