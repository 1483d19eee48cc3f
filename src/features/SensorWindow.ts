import { ConfigError, ShapeError } from "../errors.ts";
import { borrowNumbers, type TypedArrays } from "../frames/DType.ts";
import type { Cell } from "../frames/Frameset.ts";
import type { Hertz, Micros } from "../units.ts";
import { ChannelTraces } from "./ChannelTraces.ts";
import type { FeatureExtractor } from "./FeatureExtractor.ts";

export interface SensorWindowOptions {
  /** Numbers in one frame. */
  readonly channels: number;
  readonly dtype: keyof TypedArrays;
  /** Frames per second, for slopes per second. */
  readonly rate: Hertz;
  /** Points of each drawn trace in a row: the `perRow` of the pipeline's `lines` view. Default 1. */
  readonly perRow?: number;
}

/**
 * Mean, spread and trend of each channel of a numeric sensor over the frames of a row.
 *
 *     mean_c,   std_c = √(mean((x − mean)²)),   slope_c = Σ (t − t̄) x / Σ (t − t̄)²   per second
 *
 * A number that is not finite (a sensor's "no value") is left out; a row in which a channel has none
 * at all is missing. A single value has spread and slope 0.
 *
 * One row is [3, channels], flat: means, then spreads, then slopes, in the sensor's unit.
 */
export class SensorWindow implements FeatureExtractor {
  readonly size: number;
  readonly #channels: number;
  readonly #dtype: keyof TypedArrays;
  readonly #rate: Hertz;
  readonly #traces: ChannelTraces;

  /** @throws {ConfigError} If `channels` or `perRow` is not a positive integer or `rate` not positive. */
  constructor({ channels, dtype, rate, perRow = 1 }: SensorWindowOptions) {
    if (!(Number.isSafeInteger(channels) && channels >= 1))
      throw new ConfigError("SensorWindow", `channels must be >= 1, got ${channels}`);
    if (!(rate > 0)) throw new ConfigError("SensorWindow", `rate must be > 0 Hz, got ${rate}`);
    this.#channels = channels;
    this.#dtype = dtype;
    this.#rate = rate;
    this.size = 3 * channels;
    this.#traces = new ChannelTraces({ channels, perRow });
  }

  /** The row's channels as traces for people: `ChannelTraces.view`, of at most eight channels. */
  get view(): Uint8Array {
    return this.#traces.view;
  }

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell is not a whole number of frames.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined {
    if (cell.presence === "missing") return undefined;
    const values = borrowNumbers(cell.payload, this.#dtype);
    const frames = values.length / this.#channels;
    if (!Number.isSafeInteger(frames))
      throw new ShapeError(
        "SensorWindow",
        `expected whole frames of ${this.#channels} numbers, got ${values.length} numbers`,
      );
    this.#traces.push(values, time);
    const features = new Float32Array(this.size);
    for (let channel = 0; channel < this.#channels; channel++) {
      const trend = this.#trend(values, channel, frames);
      if (trend === undefined) return undefined;
      features[channel] = trend.mean;
      features[this.#channels + channel] = trend.deviation;
      features[2 * this.#channels + channel] = trend.slope;
    }
    return features;
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

  #trend(
    values: ArrayLike<number>,
    channel: number,
    frames: number,
  ): { mean: number; deviation: number; slope: number } | undefined {
    let [count, valueSum, timeSum] = [0, 0, 0];
    for (let frame = 0; frame < frames; frame++) {
      const value = values[frame * this.#channels + channel];
      if (!Number.isFinite(value)) continue;
      count++;
      valueSum += value ?? 0;
      timeSum += frame / this.#rate;
    }
    if (count === 0) return undefined;
    const [mean, middle] = [valueSum / count, timeSum / count];
    let [squares, product, timeSquares] = [0, 0, 0];
    for (let frame = 0; frame < frames; frame++) {
      const value = values[frame * this.#channels + channel];
      if (!Number.isFinite(value)) continue;
      const [above, late] = [(value ?? 0) - mean, frame / this.#rate - middle];
      squares += above * above;
      product += above * late;
      timeSquares += late * late;
    }
    return {
      mean,
      deviation: Math.sqrt(squares / count),
      slope: timeSquares === 0 ? 0 : product / timeSquares,
    };
  }
}
