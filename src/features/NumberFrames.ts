import { ConfigError, ShapeError } from "../errors.ts";
import { borrowNumbers, type TypedArrays } from "../frames/DType.ts";
import type { Cell } from "../frames/Frameset.ts";
import type { Micros } from "../units.ts";
import { ChannelTraces } from "./ChannelTraces.ts";
import type { FeatureExtractor } from "./FeatureExtractor.ts";

export interface NumberFramesOptions {
  /** Numbers in one frame. */
  readonly channels: number;
  /** Frames in one row: the `count` of the stream's policy. */
  readonly frames: number;
  readonly dtype: keyof TypedArrays;
  /** Points of each drawn trace in a row: the `perRow` of the pipeline's `lines` view. Default: `frames`. */
  readonly perRow?: number;
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
  readonly #traces: ChannelTraces;

  /** @throws {ConfigError} If `channels`, `frames` or `perRow` is not a positive integer. */
  constructor({ channels, frames, dtype, perRow = frames }: NumberFramesOptions) {
    this.size = channels * frames;
    if (!(Number.isSafeInteger(this.size) && channels >= 1 && frames >= 1))
      throw new ConfigError(
        "NumberFrames",
        `expected channels and frames >= 1, got ${channels} and ${frames}`,
      );
    this.#dtype = dtype;
    this.#traces = new ChannelTraces({ channels, perRow });
  }

  /** The row's channels as traces for people: `ChannelTraces.view`, of at most eight channels. */
  get view(): Uint8Array {
    return this.#traces.view;
  }

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell has more or fewer numbers than a row.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined {
    if (cell.presence === "missing") return undefined;
    const values = Float32Array.from(borrowNumbers(cell.payload, this.#dtype));
    if (values.length !== this.size)
      throw new ShapeError("NumberFrames", `expected ${this.size} numbers, got ${values.length}`);
    this.#traces.push(values, time);
    return values.every(Number.isFinite) ? values : undefined;
  }

  /** @inheritdoc Of what the model sees nothing outlives a row. */
  reset(): void {
    this.#traces.reset();
  }

  /** @inheritdoc */
  snapshot() {
    return { traces: this.#traces.snapshot() };
  }

  /** @inheritdoc */
  restore(snapshot: unknown): void {
    this.#traces.restore((snapshot as ReturnType<this["snapshot"]>).traces);
  }
}
