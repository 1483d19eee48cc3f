import { ConfigError } from "../errors.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { type Micros, micros, millis, seconds } from "../units.ts";

/** How a `SkewTuner` chooses the skew bound. */
export interface SkewTunerOptions {
  /** The bound in force at the start. */
  readonly initial: Micros;
  /** Never below this: rows that are a little late are better than rows without a stream. Default 100 ms. */
  readonly floor?: Micros;
  /** Never above this: how long a row may wait. Default 2 s. */
  readonly ceiling?: Micros;
  /** Log time between two looks. Default 10 s. */
  readonly interval?: Micros;
}

/** Smallest spread told apart, and the ratio of one bin of the histogram to the next. */
const FIRST_US = 1_000;
const RATIO = 1.1;
const BINS = 128;
const QUANTILE = 0.999;
/** Before so many a quantile of 0.999 says nothing. */
const LEAST_SAMPLES = 2_000;
/** After so many the old ones count half. */
const FORGET_SAMPLES = 50_000;
/** A change smaller than this is not worth a record. */
const WORTHWHILE = 0.2;

/**
 * Sizes the skew bound S from how far healthy streams really run apart, as records for the log.
 *
 * Each time a stream moves on, the distance by which the fastest stream had run ahead of it is a sample:
 * exactly the S that it would have taken not to go on without it. The proposal is twice the 0.999
 * quantile, within `floor` and `ceiling`. Silence while a stream is idle is no sample.
 *
 * It sees the records of the log, in order, and gives those to append; it touches no aligner itself.
 *
 * alignment.md 9, "skew sizing".
 */
export class SkewTuner {
  readonly #floor: number;
  readonly #ceiling: number;
  readonly #interval: number;
  #skew: number;
  #frontier = Number.NEGATIVE_INFINITY;
  /** How far each stream that is not idle has come. */
  readonly #reached = new Map<string, number>();
  readonly #bins = new Float64Array(BINS);
  #samples = 0;
  #lookedAt: number | undefined;

  /** @throws {ConfigError} If a time is out of its range. */
  constructor({
    initial,
    floor = millis(100),
    ceiling = seconds(2),
    interval = seconds(10),
  }: SkewTunerOptions) {
    if (!(floor > 0 && ceiling >= floor))
      throw new ConfigError("SkewTuner", `expected 0 < floor <= ceiling, got ${floor}, ${ceiling}`);
    if (!(interval > 0))
      throw new ConfigError("SkewTuner", `interval must be > 0 us, got ${interval}`);
    this.#skew = initial;
    this.#floor = floor;
    this.#ceiling = ceiling;
    this.#interval = interval;
  }

  /**
   * Takes the next record of the log.
   *
   * @returns The SKEW record to append after it, when the bound should change.
   */
  observe(record: LogRecord): LogRecord[] {
    switch (record.kind) {
      case "DATA": {
        const { stream, originTimes, arrivalTime } = record.chunk;
        const newest = originTimes.at(-1);
        if (newest !== undefined) this.#moved(stream, Math.min(newest, arrivalTime));
        break;
      }
      case "HEARTBEAT":
        this.#moved(record.stream, Math.min(record.until, record.logTime));
        break;
      case "IDLE":
      case "CLOSED":
        this.#reached.delete(record.stream);
        break;
      case "SKEW":
        this.#skew = record.skew;
        break;
      default:
        break;
    }
    return this.#look(record.logTime);
  }

  #moved(stream: string, time: number): void {
    const before = this.#reached.get(stream);
    if (before !== undefined && time <= before) return;
    this.#reached.set(stream, time);
    if (before !== undefined) this.#count(Math.max(0, this.#frontier - before));
    if (time > this.#frontier) this.#frontier = time;
  }

  #count(spread: number): void {
    const bin = spread <= FIRST_US ? 0 : Math.ceil(Math.log(spread / FIRST_US) / Math.log(RATIO));
    const slot = Math.min(BINS - 1, bin);
    this.#bins[slot] = (this.#bins[slot] ?? 0) + 1;
    this.#samples++;
    if (this.#samples < FORGET_SAMPLES) return;
    for (let i = 0; i < BINS; i++) this.#bins[i] = (this.#bins[i] ?? 0) / 2;
    this.#samples /= 2;
  }

  #look(logTime: Micros): LogRecord[] {
    this.#lookedAt ??= logTime;
    if (logTime - this.#lookedAt < this.#interval || this.#samples < LEAST_SAMPLES) return [];
    this.#lookedAt = logTime;
    const wanted = Math.min(this.#ceiling, Math.max(this.#floor, 2 * this.#quantile()));
    if (Math.abs(wanted - this.#skew) < WORTHWHILE * this.#skew) return [];
    this.#skew = wanted;
    return [{ kind: "SKEW", logTime, skew: micros(wanted) }];
  }

  /** Upper edge of the bin that holds the quantile, in µs. */
  #quantile(): number {
    let below = 0;
    for (let bin = 0; bin < BINS; bin++) {
      below += this.#bins[bin] ?? 0;
      if (below >= QUANTILE * this.#samples) return FIRST_US * RATIO ** bin;
    }
    return FIRST_US * RATIO ** (BINS - 1);
  }
}
