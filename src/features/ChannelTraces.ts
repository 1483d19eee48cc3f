import { ConfigError } from "../errors.ts";
import type { Micros } from "../units.ts";

/** Traces that fit on top of each other in one lane. */
export const MOST_TRACES = 8;

export interface ChannelTracesOptions {
  /** Numbers in one frame. */
  readonly channels: number;
  /** Points of each trace in a row: the `perRow` of the pipeline's `lines` view. Default 1. */
  readonly perRow?: number;
  /** Which numbers of a frame are drawn. Default: all, or of more than eight, eight of them evenly spread. */
  readonly shown?: readonly number[];
}

/** What traces remember from row to row. */
export type ChannelTracesSnapshot = {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly time: number | undefined;
  readonly view: Uint8Array;
};

/** How fast a range takes in what lies outside it, in µs: a new scale glides in, it does not jump. */
const WIDEN_US = 500_000;
/** How slowly it forgets what is no longer reached, in µs. */
const NARROW_US = 30_000_000;
/** Least range, as a share of the value: what a steady sensor's last digits do is not blown up. */
const LEAST_SHARE = 2e-3;
const LEAST_RANGE = 1e-9;
/** Share of the half range within which a trace is in proportion; beyond, it leans against the edge. */
const STRAIGHT = 0.8;

/**
 * The numbers of a sensor as traces for people, each scaled by its own running range.
 *
 *     a = Δt / (Δt + 0.5 s) outwards, Δt / (Δt + 30 s) inwards:   high ← high + a (max − high),   low alike
 *     u = (2x − high − low) / (high − low),   drawn at 1 + 254 (s(u) + 1) / 2
 *     s(u) = u for |u| ≤ 0.8; beyond, ±(0.8 + 0.2 t / (1 + t)), t = (|u| − 0.8) / 0.2
 *
 * Causal, like what the model sees, and beside it: no reading depends on a trace. The first row's range is
 * its own; a range is never less than 0.2 % of its middle.
 */
export class ChannelTraces {
  /** How many traces there are: the `traces` of the pipeline's `lines` view. */
  readonly traces: number;
  readonly #channels: number;
  readonly #perRow: number;
  readonly #shown: readonly number[];
  readonly #view: Uint8Array;
  /** [perRow, traces], of the row at hand. */
  readonly #points: Float64Array;
  #low: Float64Array;
  #high: Float64Array;
  #time: number | undefined;

  /** @throws {ConfigError} If a count is not a positive integer, or a trace no channel of a frame. */
  constructor({ channels, perRow = 1, shown = shownChannels(channels) }: ChannelTracesOptions) {
    const where = "ChannelTraces";
    if (!(Number.isSafeInteger(channels) && channels >= 1))
      throw new ConfigError(where, `channels must be >= 1, got ${channels}`);
    if (!(Number.isSafeInteger(perRow) && perRow >= 1))
      throw new ConfigError(where, `perRow must be >= 1, got ${perRow}`);
    const stranger = shown.find((at) => !(Number.isSafeInteger(at) && at >= 0 && at < channels));
    if (stranger !== undefined || shown.length < 1 || shown.length > MOST_TRACES)
      throw new ConfigError(
        where,
        `expected 1 to ${MOST_TRACES} channels below ${channels}, got [${shown}]`,
      );
    this.traces = shown.length;
    this.#channels = channels;
    this.#perRow = perRow;
    this.#shown = shown;
    this.#view = new Uint8Array(perRow * shown.length);
    this.#points = new Float64Array(perRow * shown.length);
    this.#low = new Float64Array(shown.length).fill(Number.NaN);
    this.#high = new Float64Array(shown.length).fill(Number.NaN);
  }

  /**
   * The last row as a picture for people.
   *
   * @returns [perRow, traces] u8: 1 the foot of the trace's range, 255 its top, 0 no value. Borrowed until
   *   the next row.
   */
  get view(): Uint8Array {
    return this.#view;
  }

  /**
   * Takes the frames of the next row that has some.
   *
   * @param values [frames, channels] flat; a point is the mean of its share of the frames, what is not finite
   *   left out. Fewer frames than points are drawn as steps.
   * @param time The row's grid instant.
   */
  push(values: ArrayLike<number>, time: Micros): void {
    const [traces, perRow] = [this.traces, this.#perRow];
    const step = this.#time === undefined ? 0 : Math.max(time - this.#time, 0);
    this.#time = time;
    const frames = Math.floor(values.length / this.#channels);
    for (let trace = 0; trace < traces; trace++) {
      let [least, most] = [Infinity, -Infinity];
      for (let point = 0; point < perRow; point++) {
        const value = this.#mean(values, trace, point, frames);
        this.#points[point * traces + trace] = value;
        if (value < least) least = value;
        if (value > most) most = value;
      }
      if (least <= most) this.#follow(trace, least, most, step);
      for (let at = trace; at < perRow * traces; at += traces)
        this.#view[at] = this.#byte(trace, this.#points[at] ?? Number.NaN);
    }
  }

  /** Forgets everything, as if just made. */
  reset(): void {
    this.#low.fill(Number.NaN);
    this.#high.fill(Number.NaN);
    this.#time = undefined;
    this.#view.fill(0);
  }

  /** All that it remembers from row to row. */
  snapshot(): ChannelTracesSnapshot {
    return {
      low: this.#low.slice(),
      high: this.#high.slice(),
      time: this.#time,
      view: this.#view.slice(),
    };
  }

  /** Goes on where others of the same options gave this snapshot. */
  restore({ low, high, time, view }: ChannelTracesSnapshot): void {
    this.#low = low.slice();
    this.#high = high.slice();
    this.#time = time;
    this.#view.set(view);
  }

  #mean(values: ArrayLike<number>, trace: number, point: number, frames: number): number {
    const first = Math.floor((point * frames) / this.#perRow);
    const end = Math.max(first + 1, Math.floor(((point + 1) * frames) / this.#perRow));
    let [count, sum] = [0, 0];
    for (let frame = first; frame < Math.min(end, frames); frame++) {
      const value = values[frame * this.#channels + (this.#shown[trace] ?? 0)] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      count++;
      sum += value;
    }
    return count === 0 ? Number.NaN : sum / count;
  }

  #follow(trace: number, least: number, most: number, step: number): void {
    const [low = Number.NaN, high = Number.NaN] = [this.#low[trace], this.#high[trace]];
    const share = (isOutwards: boolean) => step / (step + (isOutwards ? WIDEN_US : NARROW_US));
    this.#low[trace] = Number.isNaN(low) ? least : low + share(least < low) * (least - low);
    this.#high[trace] = Number.isNaN(high) ? most : high + share(most > high) * (most - high);
  }

  #byte(trace: number, value: number): number {
    if (!Number.isFinite(value)) return 0;
    const [low = 0, high = 0] = [this.#low[trace], this.#high[trace]];
    const middle = low / 2 + high / 2;
    const range = Math.max(high - low, LEAST_SHARE * Math.abs(middle), LEAST_RANGE);
    const offset = (2 * (value - middle)) / range;
    const beyond = (Math.abs(offset) - STRAIGHT) / (1 - STRAIGHT);
    const bent = Number.isFinite(beyond) ? beyond / (1 + beyond) : 1;
    const place = beyond <= 0 ? offset : Math.sign(offset) * (STRAIGHT + (1 - STRAIGHT) * bent);
    return 1 + Math.round(127 * (place + 1));
  }
}

/** Which numbers of a frame are drawn unless somebody says: all, or of more than eight, eight evenly spread. */
export function shownChannels(channels: number): readonly number[] {
  const count = Math.min(channels, MOST_TRACES);
  return Array.from({ length: count }, (_, at) => Math.floor((at * channels) / count));
}
