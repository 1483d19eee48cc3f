import type { Cell } from "../frames/Frameset.ts";
import type { Packable } from "../log/packValue.ts";
import type { Micros } from "../units.ts";

/**
 * Turns one stream's cells, row after row, into the numbers the model sees.
 *
 * Strictly causal: what comes out at a row depends on this and earlier rows alone, so the very same
 * object serves the live stream and training. A missing cell is told, not skipped: the extractor
 * must know that what follows does not join on to what went before.
 */
export interface FeatureExtractor {
  /** How many numbers `push` gives. */
  readonly size: number;
  /** What a person is shown of the last row, u8; absent where words or numbers say it all. Borrowed. */
  readonly view?: Uint8Array;
  /**
   * Takes the cell of the next row.
   *
   * @param cell The row's cell; borrowed for the call.
   * @param time The row's grid instant. A step other than one grid period counts as a gap.
   * @returns [size] float, the caller's to keep; undefined where nothing is known: missing.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined;
  /** Forgets everything, as if just made. */
  reset(): void;
  /**
   * All that it remembers from row to row, as a value of its own; null where that is nothing.
   *
   * With `restore` what lets a run go on where it was killed without reading its whole log again; an
   * extractor may leave both out.
   */
  snapshot?(): Packable;
  /** Goes on where another of the same options gave this snapshot, bit for bit. */
  restore?(snapshot: unknown): void;
}
