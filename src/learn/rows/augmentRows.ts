import type { Random } from "./stretches.ts";

/** How the features of one stream are moved in training; every amount is drawn anew for each stretch. */
export interface RowAugmentation {
  /** Deviation of the factor that all numbers of a stretch share. */
  readonly gain?: number;
  /**
   * Turns pairs of numbers by one angle of at most so many degrees: the horizontal parts of vectors, for
   * sensors that stand or are strapped on a little differently each time.
   */
  readonly turn?: {
    readonly degrees: number;
    readonly pairs: readonly (readonly [first: number, second: number])[];
  };
  /** Moves pictures, or the bands of a spectrum, by whole steps; what comes in repeats the border. */
  readonly shift?: {
    /** Layout of a row: [channels, rows, columns]. */
    readonly shape: readonly [channels: number, rows: number, columns: number];
    /** Largest steps either way. */
    readonly down: number;
    readonly across: number;
  };
  /** Deviation of noise on every number, in standard deviations of the feature. */
  readonly noise?: number;
}

/**
 * Moves the rows of one stretch in place, as far as it is known how: all but the noise.
 *
 * @param x [rows, size] features as the extractor gives them.
 */
export function augmentRows(
  x: Float32Array,
  size: number,
  { gain, turn, shift }: RowAugmentation,
  random: Random,
): void {
  if (turn !== undefined) {
    const angle = ((2 * random() - 1) * turn.degrees * Math.PI) / 180;
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    for (let row = 0; row < x.length; row += size)
      for (const [first, second] of turn.pairs) {
        const [a, b] = [x[row + first] ?? 0, x[row + second] ?? 0];
        x[row + first] = cosine * a - sine * b;
        x[row + second] = sine * a + cosine * b;
      }
  }
  if (shift !== undefined) {
    const steps = (most: number): number => Math.floor((2 * most + 1) * random()) - most;
    shiftRows(x, size, shift.shape, steps(shift.down), steps(shift.across));
  }
  if (gain !== undefined) {
    // Never so small or so large that it is another event.
    const factor = Math.min(Math.max(1 + gain * normal(random), 0.5), 1.5);
    for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) * factor;
  }
}

/** One draw of a standard normal distribution (Box and Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function shiftRows(
  x: Float32Array,
  size: number,
  [channels, height, width]: readonly [number, number, number],
  down: number,
  across: number,
): void {
  if (down === 0 && across === 0) return;
  const within = (at: number, length: number): number => Math.min(Math.max(at, 0), length - 1);
  const from = Int32Array.from({ length: channels * height * width }, (_, i) => {
    const [column, row] = [i % width, Math.floor(i / width) % height];
    const plane = i - column - row * width;
    return plane + within(row - down, height) * width + within(column - across, width);
  });
  const old = new Float32Array(size);
  for (let row = 0; row < x.length; row += size) {
    old.set(x.subarray(row, row + size));
    for (let i = 0; i < from.length; i++) x[row + i] = old[from[i] ?? 0] ?? 0;
  }
}
