import type { Rng } from "../../../tensor/Rng.ts";
import { warpedPlaces } from "./warpedPlaces.ts";

/** Shape of a clip and how much it may change. */
export interface VideoAugmentation {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** Furthest the picture moves, in pixels, each way along each axis; what comes in is 0. */
  readonly shift: number;
  /** Largest zoom in or out, as a share: 0.1 is 10 %. */
  readonly zoom: number;
  /** Largest change of contrast, as a share, about 0. */
  readonly contrast: number;
  /** Largest change of brightness. 0 where values mean distances or differences. */
  readonly brightness: number;
  /** How often the picture is mirrored left to right, 0 … 1. */
  readonly flip: number;
  /** Share of the frames that a crop may leave out; the nearest frame is taken. */
  readonly crop: number;
  /** How far the pace may swing. */
  readonly pace: number;
}

/**
 * Another look at a clip: one move, zoom, mirror and change of light for all frames, at another pace.
 *
 * The same for all frames, because what moves between frames is what a clip is about.
 *
 * @param x [frames, rows, columns, channels]; not changed.
 * @returns The same shape.
 */
export function augmentVideo(x: Float32Array, options: VideoAugmentation, rng: Rng): Float32Array {
  const { rows, columns, channels, shift, zoom, contrast, brightness, flip, crop, pace } = options;
  const size = rows * columns * channels;
  const frames = x.length / size;
  const order = warpedPlaces(frames, { crop, pace }, rng).map(Math.round);
  const scale = 1 + rng.uniform(-zoom, zoom);
  const isMirrored = rng.uniform() < flip;
  const [down, right] = [rng.uniform(-shift, shift), rng.uniform(-shift, shift)];
  const gain = 1 + rng.uniform(-contrast, contrast);
  const lift = rng.uniform(-brightness, brightness);

  const sourceOf = (to: number, length: number, move: number): number =>
    Math.round((to - (length - 1) / 2 - move) * scale + (length - 1) / 2);
  // One address per pixel serves every frame.
  const sources = new Int32Array(rows * columns).fill(-1);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const y = sourceOf(row, rows, down);
      const moved = sourceOf(column, columns, right);
      const z = isMirrored ? columns - 1 - moved : moved;
      if (y >= 0 && y < rows && z >= 0 && z < columns)
        sources[row * columns + column] = (y * columns + z) * channels;
    }
  const out = new Float32Array(x.length);
  for (const [frame, source] of order.entries())
    for (let pixel = 0; pixel < sources.length; pixel++) {
      const from = sources[pixel] ?? -1;
      if (from < 0) continue;
      for (let channel = 0; channel < channels; channel++)
        out[frame * size + pixel * channels + channel] =
          gain * (x[source * size + from + channel] ?? 0) + lift;
    }
  return out;
}
