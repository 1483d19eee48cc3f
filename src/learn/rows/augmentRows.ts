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
    /**
     * Largest share by which pictures become larger or smaller about their middle. Where it is given, 0 too,
     * shifts are of any part of a step, and what lies between two pixels is interpolated.
     */
    readonly zoom?: number;
  };
  /**
   * Instants that a row holds, oldest first, each of as many numbers: a stretch that is run faster or slower is
   * resampled instant by instant. 1 unless given.
   */
  readonly perRow?: number;
  /**
   * Numbers [from, to) of an instant that are changes since the one before: a stretch that is run faster has
   * larger ones.
   */
  readonly changes?: readonly [from: number, to: number];
  /** Deviation of noise on every number, in standard deviations of the feature. */
  readonly noise?: number;
  /**
   * Deviation of what every feature is off by throughout a stretch, in its standard deviations: people are
   * built, and sensors are set, a little differently.
   */
  readonly offset?: number;
}

/**
 * Moves the rows of one stretch in place, as far as it is known how: all but noise and offset.
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
    const { shape, down, across, zoom } = shift;
    if (zoom === undefined) {
      const steps = (most: number): number => Math.floor((2 * most + 1) * random()) - most;
      shiftRows(x, size, shape, steps(down), steps(across));
    } else {
      const part = (most: number): number => most * (2 * random() - 1);
      resampleRows(x, size, shape, { down: part(down), across: part(across), zoom: part(zoom) });
    }
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

/** Where along an axis the numbers of a moved picture come from. */
interface AxisSources {
  /** [length] the place before; the one after it follows. */
  readonly near: Int32Array;
  /** [length] share of the place after. */
  readonly share: Float32Array;
}

function resampleRows(
  x: Float32Array,
  size: number,
  [channels, height, width]: readonly [number, number, number],
  { down, across, zoom }: { readonly down: number; readonly across: number; readonly zoom: number },
): void {
  const vertical = axisSources(height, down, 1 + zoom);
  const horizontal = axisSources(width, across, 1 + zoom);
  const [nextRow, nextColumn] = [height > 1 ? width : 0, width > 1 ? 1 : 0];
  const old = new Float32Array(size);
  for (let start = 0; start < x.length; start += size) {
    old.set(x.subarray(start, start + size));
    for (let line = 0; line < channels * height; line++) {
      const row = line % height;
      const under = vertical.share[row] ?? 0;
      const from = (line - row) * width + (vertical.near[row] ?? 0) * width;
      const to = start + line * width;
      for (let column = 0; column < width; column++) {
        const after = horizontal.share[column] ?? 0;
        const a = from + (horizontal.near[column] ?? 0);
        const b = a + nextRow;
        const above = (1 - after) * (old[a] ?? 0) + after * (old[a + nextColumn] ?? 0);
        const below = (1 - after) * (old[b] ?? 0) + after * (old[b + nextColumn] ?? 0);
        x[to + column] = (1 - under) * above + under * below;
      }
    }
  }
}

function axisSources(length: number, shift: number, scale: number): AxisSources {
  const [middle, last] = [(length - 1) / 2, length - 1];
  const near = new Int32Array(length);
  const share = new Float32Array(length);
  for (let at = 0; at < length; at++) {
    const place = Math.min(Math.max((at - shift - middle) / scale + middle, 0), last);
    near[at] = Math.min(Math.floor(place), Math.max(last - 1, 0));
    share[at] = place - (near[at] ?? 0);
  }
  return { near, share };
}
