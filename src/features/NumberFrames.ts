import { ConfigError, ShapeError } from "../errors.ts";
import { borrowNumbers, type TypedArrays } from "../frames/DType.ts";
import type { Cell } from "../frames/Frameset.ts";
import type { Micros } from "../units.ts";
import type { FeatureExtractor } from "./FeatureExtractor.ts";

export interface NumberFramesOptions {
  /** Numbers in one frame. */
  readonly channels: number;
  /** Frames in one row: the `count` of the stream's policy. */
  readonly frames: number;
  readonly dtype: keyof TypedArrays;
}

/**
 * The numbers of a row's frames as they came, [frames, channels] flat, in the sensor's unit.
 *
 * Nothing is summed up: for sensors whose course within a row matters. A row with a number that is not
 * finite (a sensor's "no value") is missing.
 */
export class NumberFrames implements FeatureExtractor {
  readonly size: number;
  readonly #dtype: keyof TypedArrays;

  /** @throws {ConfigError} If `channels` or `frames` is not a positive integer. */
  constructor({ channels, frames, dtype }: NumberFramesOptions) {
    this.size = channels * frames;
    if (!(Number.isSafeInteger(this.size) && channels >= 1 && frames >= 1))
      throw new ConfigError(
        "NumberFrames",
        `expected channels and frames >= 1, got ${channels} and ${frames}`,
      );
    this.#dtype = dtype;
  }

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell has more or fewer numbers than a row.
   */
  push(cell: Cell, _time: Micros): Float32Array | undefined {
    if (cell.presence === "missing") return undefined;
    const values = Float32Array.from(borrowNumbers(cell.payload, this.#dtype));
    if (values.length !== this.size)
      throw new ShapeError("NumberFrames", `expected ${this.size} numbers, got ${values.length}`);
    return values.every(Number.isFinite) ? values : undefined;
  }

  /** @inheritdoc Nothing outlives a row. */
  reset(): void {}

  /** @inheritdoc */
  snapshot(): null {
    return null;
  }

  /** @inheritdoc */
  restore(): void {}
}
