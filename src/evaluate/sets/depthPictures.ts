import type { NpyArray } from "../../learn/npy.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";

const [HEIGHT, WIDTH] = [60, 80] as const;
/** Size of the pictures given out. */
const [ROWS, COLUMNS, CHANNELS] = [30, 28, 4] as const;
/** Columns of the source under the window that follows the person. */
const WINDOW = COLUMNS * 2;
/** Distance that counts as 1, in the source's steps of 8 mm: 0.5 m. */
const RANGE = 500 / 8;

/**
 * Depth clips as small pictures of the person: [N, rows, 30, 28, 4].
 *
 * A window of 60 × 56 source pixels is centred on the columns that the person covers in the clip, and
 * 2 × 2 blocks are averaged over those of their pixels that have a reading. Channels: distance relative
 * to the clip's median (in half metres, nearer is positive, 0 where there is no reading), share of the
 * block that has a reading, and the differences of both to the row before.
 *
 * @param depth [frames, 60, 80] u8, 0 without a reading, else (distance − 1400 mm) / 8 mm.
 * @param offsets [N+1] first frame of each clip.
 * @param rows Rows per clip, at equal fractions of it; the nearest frame is taken.
 */
export function depthPictures(
  depth: NpyArray,
  offsets: ArrayLike<number>,
  rows: number,
): HostTensor<"float32"> {
  const count = offsets.length - 1;
  const size = ROWS * COLUMNS * CHANNELS;
  const out = new Float32Array(count * rows * size);
  for (let clip = 0; clip < count; clip++) {
    const [from, to] = [offsets[clip] ?? 0, offsets[clip + 1] ?? 0];
    const frames = Array.from({ length: rows }, (_, row) => {
      const frame = from + Math.round((row * (to - from - 1)) / Math.max(rows - 1, 1));
      return depth.data.subarray(frame * HEIGHT * WIDTH, (frame + 1) * HEIGHT * WIDTH);
    });
    const left = windowLeft(frames);
    const median = medianReading(frames);
    const target = out.subarray(clip * rows * size, (clip + 1) * rows * size);
    frames.forEach((frame, row) => {
      drawPicture(frame, left, median, target.subarray(row * size, (row + 1) * size));
    });
    addDifferences(target, rows, size);
  }
  return hostTensor(out, [count, rows, ROWS, COLUMNS, CHANNELS]);
}

/** First source column of a window around the mean column of all readings. */
function windowLeft(frames: readonly ArrayLike<number>[]): number {
  let [sum, readings] = [0, 0];
  for (const frame of frames)
    for (let i = 0; i < HEIGHT * WIDTH; i++)
      if ((frame[i] ?? 0) > 0) {
        sum += i % WIDTH;
        readings++;
      }
  const centre = readings === 0 ? WIDTH / 2 : sum / readings;
  return Math.min(Math.max(Math.round(centre - WINDOW / 2), 0), WIDTH - WINDOW);
}

function medianReading(frames: readonly ArrayLike<number>[]): number {
  const histogram = new Uint32Array(256);
  let readings = 0;
  for (const frame of frames)
    for (let i = 0; i < HEIGHT * WIDTH; i++) {
      const value = frame[i] ?? 0;
      if (value === 0) continue;
      histogram[value] = (histogram[value] ?? 0) + 1;
      readings++;
    }
  let below = 0;
  for (let value = 1; value < 256; value++) {
    below += histogram[value] ?? 0;
    if (2 * below >= readings) return value;
  }
  return 0;
}

function drawPicture(
  frame: ArrayLike<number>,
  left: number,
  median: number,
  picture: Float32Array,
): void {
  for (let row = 0; row < ROWS; row++)
    for (let column = 0; column < COLUMNS; column++) {
      let [sum, readings] = [0, 0];
      for (let dy = 0; dy < 2; dy++)
        for (let dx = 0; dx < 2; dx++) {
          const value = frame[(2 * row + dy) * WIDTH + left + 2 * column + dx] ?? 0;
          if (value === 0) continue;
          sum += (median - value) / RANGE;
          readings++;
        }
      const at = (row * COLUMNS + column) * CHANNELS;
      picture[at] = readings === 0 ? 0 : Math.min(Math.max(sum / readings, -2), 2);
      picture[at + 1] = readings / 4;
    }
}

/** Fills channels 2 and 3: channels 0 and 1 minus those of the row before; the first row keeps 0. */
function addDifferences(clip: Float32Array, rows: number, size: number): void {
  for (let i = size; i < rows * size; i += CHANNELS)
    for (const channel of [0, 1])
      clip[i + 2 + channel] = (clip[i + channel] ?? 0) - (clip[i - size + channel] ?? 0);
}
