import { ConfigError, ShapeError } from "../errors.ts";
import type { Cell } from "../frames/Frameset.ts";
import type { Packable } from "../log/packValue.ts";
import { type Micros, millis } from "../units.ts";
import type { FeatureExtractor } from "./FeatureExtractor.ts";

export interface LipFramesOptions {
  /** Height of a frame in pixels. */
  readonly rows?: number;
  /** Width of a frame in pixels. */
  readonly columns?: number;
  /** Time from one row of the grid to the next. */
  readonly period?: Micros;
}

/** The far difference looks this many rows back; the near one looks one row back. */
const FAR_ROWS = 3;

/** Share of a new frame in the running contrast: 1 s of frames at 25 fps. */
const CONTRAST_SHARE = 1 / 25;

/** Grey levels. A picture with less contrast is noise, which is not to be blown up. */
const LEAST_CONTRAST = 6;

/** Standard deviation of the picture after scaling: nearly all of it within [−1, 1]. */
const PICTURE_SCALE = 0.4;

/** Differences are several times smaller than the picture. */
const DIFFERENCE_SCALE = 3 * PICTURE_SCALE;

/**
 * Grey pictures of a mouth, freed of brightness and contrast, with what moved.
 *
 *     f_t = x_t − mean(x_t),   s ← s + (std(x_t) − s) / 25
 *     channels: 0.4 f_t / s,   1.2 (f_t − f_{t−1}) / s,   1.2 (f_t − f_{t−3}) / s
 *
 * t counts rows, not frames: a held row repeats its frame, so its near difference is zero. Where the
 * row to compare with was missing or lies before the start, the difference is zero, as if nothing
 * had moved; nothing is compared across the far side of a gap with the wrong distance in time.
 *
 * One row is [3, rows, columns], flat: 1680 numbers for 20 × 28.
 *
 * The running contrast is for cameras other than the one of the training set.
 */
export class LipFrames implements FeatureExtractor {
  readonly size: number;
  readonly #pixels: number;
  readonly #period: Micros;
  /** The last four frames without their means, oldest overwritten first. */
  readonly #history: Float32Array[];
  /** Grid instant of each of `#history`; NaN while unused. */
  readonly #times: Float64Array;
  readonly #view: Uint8Array;
  #next = 0;
  #contrast: number | undefined;

  /** @throws {ConfigError} If a size is not a positive integer or `period` not positive. */
  constructor({ rows = 20, columns = 28, period = millis(40) }: LipFramesOptions = {}) {
    this.#pixels = rows * columns;
    if (!(Number.isSafeInteger(this.#pixels) && rows >= 1 && columns >= 1))
      throw new ConfigError("LipFrames", `expected whole pixels, got ${rows} x ${columns}`);
    if (!(period > 0)) throw new ConfigError("LipFrames", `period must be > 0 us, got ${period}`);
    this.#period = period;
    this.size = 3 * this.#pixels;
    this.#history = Array.from({ length: FAR_ROWS + 1 }, () => new Float32Array(this.#pixels));
    this.#times = new Float64Array(FAR_ROWS + 1).fill(Number.NaN);
    this.#view = new Uint8Array(this.#pixels);
  }

  /** The last frame as it came, [rows, columns] u8 grey. Borrowed until the next row. */
  get view(): Uint8Array {
    return this.#view;
  }

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell holds another number of pixels than one frame.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined {
    if (cell.presence === "missing") return undefined;
    return this.pushFrame(cell.payload, time);
  }

  /**
   * Takes the frame known at a row.
   *
   * @param frame [rows, columns] u8 grey; borrowed for the call.
   * @param time The row's grid instant, later than all before it.
   * @returns [size] float, about [−1, 1].
   * @throws {ShapeError} If the frame has another number of pixels.
   */
  pushFrame(frame: Uint8Array, time: Micros): Float32Array {
    const pixels = this.#pixels;
    if (frame.length !== pixels)
      throw new ShapeError("LipFrames", `expected ${pixels} pixels, got ${frame.length}`);
    this.#view.set(frame);

    const slot = this.#next;
    const current = this.#history[slot] ?? new Float32Array(pixels);
    const contrast = this.#remember(frame, current);
    this.#times[slot] = time;
    this.#next = (slot + 1) % this.#history.length;

    const features = new Float32Array(this.size);
    for (let pixel = 0; pixel < pixels; pixel++)
      features[pixel] = ((current[pixel] ?? 0) * PICTURE_SCALE) / contrast;
    for (const [channel, back] of [1, FAR_ROWS].entries()) {
      const earlier = this.#at(time - back * this.#period);
      if (earlier === undefined) continue;
      const start = (channel + 1) * pixels;
      for (let pixel = 0; pixel < pixels; pixel++)
        features[start + pixel] =
          (((current[pixel] ?? 0) - (earlier[pixel] ?? 0)) * DIFFERENCE_SCALE) / contrast;
    }
    return features;
  }

  /** @inheritdoc */
  reset(): void {
    this.#times.fill(Number.NaN);
    this.#contrast = undefined;
    this.#view.fill(0);
  }

  /** @inheritdoc */
  snapshot(): Packable {
    return {
      history: this.#history.map((frame) => frame.slice()),
      times: this.#times.slice(),
      view: this.#view.slice(),
      next: this.#next,
      contrast: this.#contrast,
    };
  }

  /** @inheritdoc */
  restore(snapshot: unknown): void {
    const { history, times, view, next, contrast } = snapshot as {
      readonly history: readonly Float32Array[];
      readonly times: Float64Array;
      readonly view: Uint8Array;
      readonly next: number;
      readonly contrast?: number;
    };
    for (const [slot, frame] of history.entries()) this.#history[slot]?.set(frame);
    this.#times.set(times);
    this.#view.set(view);
    this.#next = next;
    this.#contrast = contrast;
  }

  /** Stores the frame without its mean; gives the running contrast in grey levels. */
  #remember(frame: Uint8Array, into: Float32Array): number {
    let sum = 0;
    for (const grey of frame) sum += grey;
    const mean = sum / frame.length;
    let squares = 0;
    for (let pixel = 0; pixel < frame.length; pixel++) {
      const centred = (frame[pixel] ?? 0) - mean;
      into[pixel] = centred;
      squares += centred * centred;
    }
    const deviation = Math.sqrt(squares / frame.length);
    const before = this.#contrast ?? deviation;
    this.#contrast = before + (deviation - before) * CONTRAST_SHARE;
    return Math.max(this.#contrast, LEAST_CONTRAST);
  }

  #at(time: number): Float32Array | undefined {
    return this.#history[this.#times.indexOf(time)];
  }
}

/**
 * The features of a whole recording without gaps, by the same code as live.
 *
 * @param frames [n, rows, columns] u8 grey, flat, one frame per row of the grid.
 * @returns [n, size] float, flat.
 */
export function lipFramesOf(frames: Uint8Array, options: LipFramesOptions = {}): Float32Array {
  const { rows = 20, columns = 28, period = millis(40) } = options;
  const extractor = new LipFrames(options);
  const pixels = rows * columns;
  const count = Math.floor(frames.length / pixels);
  const features = new Float32Array(count * extractor.size);
  for (let index = 0; index < count; index++)
    features.set(
      extractor.pushFrame(
        frames.subarray(index * pixels, (index + 1) * pixels),
        (index * period) as Micros,
      ),
      index * extractor.size,
    );
  return features;
}
