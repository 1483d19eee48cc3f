import { type Micros, micros } from "../units.ts";
import {
  type ClockSample,
  hiddenDelay,
  isPossible,
  leastDelayed,
  offsetOf,
  roundTripOf,
} from "./ClockSample.ts";
import { LineFit } from "./LineFit.ts";
import { Spread } from "./Spread.ts";

/** Time after which a measurement counts half: long enough to average, short enough to follow a warming crystal. */
const HALF_LIFE_S = 60;
/** Clocks drift by tens of ppm; one expected to drift by no more than this is not sent astray by two bad waves. */
const EXPECTED_DRIFT_PPM = 150;
/** No crystal is worse; whoever seems to be is jumping about. */
const WORST_DRIFT_PPM = 500;
/** Time from wave to wave. */
const BETWEEN_WAVES_S = 2;
/** Error of a measurement that was delayed no more than the best ever, in µs. */
const FLOOR_US = 100;
/** Waves over which the shortest round trip is looked for: a minute of them. */
const REMEMBERED_WAVES = 30;
/** Deviations, in standard deviations, beyond which a measurement is doubted. */
const GATE = 3;
/** Doubted measurements in a row after which they are the truth and the line is wrong. */
const PATIENCE = 3;

/** What is known of a publisher's clock at one moment: a line through all measurements. */
export interface ClockEstimate {
  /** The publisher's time at which `offset` holds. */
  readonly at: Micros;
  /** Publisher's clock minus ours, in µs, not rounded. */
  readonly offset: number;
  /** µs by which its clock gains on ours per second of its own. */
  readonly ppm: number;
  /**
   * How wrong `offset` may be: half the shortest round trip of the last minute, and what the samples were
   * delayed beyond it, as they weigh: no measurement can rule out that all of it lay on one way. And how
   * far an error of the drift may lead until the next wave.
   */
  readonly uncertainty: Micros;
  /** Whether its clock was found elsewhere than it can have drifted: set, or another machine's. */
  readonly broken: boolean;
}

/**
 * Estimates offset and drift of one publisher's clock from waves of probes.
 *
 * - Of each wave only the least delayed sample counts (LSL, NTP's clock filter): delays add up on the
 *   way, and the shortest round trip leaves the least room for a difference between its two halves.
 * - Offset and drift are a line through the samples by recursive least squares; a sample weighs the less
 *   the longer it was delayed beyond the best, and half after a minute.
 * - A sample more than 3·MAD off the line, beyond what its delay explains, is left out. Three in a row are
 *   not: then the line is wrong.
 * - A sample further off than its round trip allows proves that the clock was set, and starts anew at once.
 *
 * No I/O, no clock of its own; the same samples give the same estimates.
 */
export class ClockEstimator {
  #fit = new LineFit({ stiffness: 1 / EXPECTED_DRIFT_PPM ** 2 });
  #spread = new Spread(16);
  #roundTrips: number[] = [];
  #start: { readonly time: number; readonly offset: number } | undefined;
  #last = 0;
  /** Mean of what the samples in the fit were delayed beyond the best, one way, as they weigh; in µs. */
  #excess = 0;
  #doubts = 0;
  #rejected = 0;

  /** Samples that were left out as outliers. */
  get rejected(): number {
    return this.#rejected;
  }

  /**
   * Takes the answered probes of one wave.
   *
   * @returns The estimate as of now; undefined if nothing was learnt: no answer, or an outlier.
   */
  add(wave: readonly ClockSample[]): ClockEstimate | undefined {
    const possible = wave.filter(isPossible);
    const sample = leastDelayed(possible);
    if (sample === undefined) return undefined;
    const time = (sample.t1 + sample.t2) / 2;
    const roundTrip = roundTripOf(sample);
    const offset = offsetOf(sample);
    const broken = this.#isBroken(time, offset, roundTrip);
    if (broken) this.#forget();
    this.#start ??= { time, offset };
    const before = this.#least;
    this.#roundTrips.push(roundTrip);
    if (this.#roundTrips.length > REMEMBERED_WAVES) this.#roundTrips.shift();
    this.#improve(before - this.#least);

    const x = (time - this.#start.time) / 1e6;
    const y = offset - this.#start.offset;
    if (!this.#take(x, y, (roundTrip - this.#least + hiddenDelay(possible)) / 2)) {
      this.#rejected++;
      this.#doubts++;
      if (this.#doubts < PATIENCE) return undefined;
      this.#forget();
      return this.add(wave);
    }
    this.#doubts = 0;
    return {
      at: micros(time),
      offset: this.#start.offset + this.#fit.at(x),
      ppm: this.#drift,
      uncertainty: micros(this.#least / 2 + this.#excess + this.#astray),
      broken,
    };
  }

  get #least(): number {
    return Math.min(...this.#roundTrips);
  }

  /** How far the line may lead astray until the next wave, for all that is known of its slope; in µs. */
  get #astray(): number {
    return BETWEEN_WAVES_S * Math.sqrt(this.#fit.slopeVariance);
  }

  get #drift(): number {
    return Math.min(WORST_DRIFT_PPM, Math.max(-WORST_DRIFT_PPM, this.#fit.slope));
  }

  /** Whether the clock cannot have drifted to where the sample finds it. */
  #isBroken(time: number, offset: number, roundTrip: number): boolean {
    if (this.#start === undefined) return false;
    const x = (time - this.#start.time) / 1e6;
    const drifted = WORST_DRIFT_PPM * Math.abs(x - this.#last);
    const error = Math.abs(offset - this.#start.offset - this.#fit.at(x));
    const known = this.#least / 2 + this.#excess + this.#astray;
    return x < this.#last - 1 || error > roundTrip / 2 + known + drifted + 10 * FLOOR_US;
  }

  /** @param excess Half of what the sample was probably delayed beyond the best possible, in µs. */
  #take(x: number, y: number, excess: number): boolean {
    const error = y - this.#fit.at(x);
    const known = this.#spread.count >= PATIENCE;
    const usual = Math.max(GATE * this.#spread.sigma, 2 * FLOOR_US);
    // What is explained by its delay is no outlier, and weighs little as it is.
    if (known && Math.abs(error) > usual + excess) return false;
    if (this.#fit.weight > 0) {
      this.#fit.forget(2 ** (-Math.max(0, x - this.#last) / HALF_LIFE_S));
      this.#spread.add(error);
    }
    const weight = 1 / (FLOOR_US ** 2 + excess ** 2);
    this.#excess += ((excess - this.#excess) * weight) / (this.#fit.weight + weight);
    this.#fit.add(x, y, weight);
    this.#last = x;
    return true;
  }

  /** The best round trip turns out to be shorter by `by` µs: all earlier samples were worse than thought. */
  #improve(by: number): void {
    if (!(by > 0 && Number.isFinite(by)) || this.#fit.weight === 0) return;
    this.#excess += by / 2;
    const variance = FLOOR_US ** 2;
    this.#fit.forget(variance / (variance + (by / 2) ** 2));
  }

  #forget(): void {
    this.#fit = new LineFit({ stiffness: 1 / EXPECTED_DRIFT_PPM ** 2 });
    this.#spread = new Spread(16);
    this.#roundTrips = [];
    this.#start = undefined;
    this.#last = 0;
    this.#excess = 0;
    this.#doubts = 0;
  }
}
