import { ConfigError } from "../errors.ts";
import { type Hertz, type Micros, micros, seconds } from "../units.ts";
import { LineFit } from "./LineFit.ts";
import { Spread } from "./Spread.ts";

/** How a `Dejitter` smooths. */
export interface DejitterOptions {
  /** The stream's nominal rate; an irregular stream passes as it is. */
  readonly rate: Hertz | "irregular";
  /** Time after which a stamp counts half; 90 s unless given, as in LSL. */
  readonly halfLife?: Micros;
}

/** Slope the stream's own clock may have against its nominal rate and still not surprise, in µs per second. */
const EXPECTED_DRIFT = 500;
/** Jitter that is expected before any has been seen, in µs: what makes the two comparable. */
const EXPECTED_JITTER = 5_000;
/** Stamps this many standard deviations off the line are left out. */
const GATE = 3;
/** Stamps before the gate closes. */
const WARM_UP = 32;
/** While it is open, and at the least: further off than this is not jitter, and no time is moved so far, in µs. */
export const NOT_JITTER = 1_000_000;
/** Stamps off the line in a row after which the stream has moved: a pause, a clock that was set. */
const PATIENCE = 16;
/** Fresh starts within a minute, and jitter in periods, from which on a stream is not regular. */
const MOST_RESTARTS = 4;
const MINUTE = 60_000_000;
const MOST_PERIODS = 2;

/**
 * Takes the jitter out of a regular stream's times: a line of time over sequence number, by recursive
 * least squares that forgets (LSL's dejitter).
 *
 * - The line runs over *sequence numbers*, not over what came: a loss leaves a hole in it and no bend.
 * - Times ascend with their sequence numbers, whatever the jitter.
 * - A stamp more than 3·MAD off counts for nothing; 16 in a row mean that the stream itself has moved, and
 *   the line starts anew there.
 * - Switches itself off, for good, for a stream that turns out not to be regular: its times pass as they are.
 *
 * One per stream and epoch. Pure: the same frames give the same times.
 *
 * Stenner et al. 2023, "Synchronizing data acquisition with Lab Streaming Layer", section "Dejittering".
 */
export class Dejitter {
  readonly #period: number;
  readonly #halfLife: number;
  #fit = newFit();
  #spread = new Spread(64);
  #start: { readonly sequence: number; readonly time: number } | undefined;
  #newest = { sequence: -1, time: Number.NEGATIVE_INFINITY };
  #off: boolean;
  #doubts = 0;
  #freshStarts = 0;
  #restarts = 0;
  #restarted = 0;

  /** @throws {ConfigError} If the rate or the half-life is not > 0. */
  constructor({ rate, halfLife = seconds(90) }: DejitterOptions) {
    if (rate !== "irregular" && !(rate > 0))
      throw new ConfigError("Dejitter", `rate must be > 0 Hz or "irregular", got ${rate}`);
    if (!(halfLife > 0))
      throw new ConfigError("Dejitter", `halfLife must be > 0 us, got ${halfLife}`);
    this.#off = rate === "irregular";
    this.#period = rate === "irregular" ? 0 : 1e6 / rate;
    this.#halfLife = halfLife;
  }

  /** Whether it smooths; false for a stream that is not regular. */
  get active(): boolean {
    return !this.#off;
  }

  /** Whether it has seen enough stamps to say how much they jitter, since it began or began anew. */
  get isSettled(): boolean {
    return !this.#off && this.#spread.count >= WARM_UP;
  }

  /** How far stamps lie off the line: a standard deviation, in µs; 0 before the first. */
  get jitter(): number {
    return this.#spread.sigma;
  }

  /** How wrong the line may be at its newest end, in µs: two standard errors of a line's end, 2·2σ/√n. */
  get uncertainty(): number {
    return this.#fit.weight > 0 ? (4 * this.#spread.sigma) / Math.sqrt(this.#fit.weight) : 0;
  }

  /** How often the line was begun anew because the stream itself had moved. */
  get freshStarts(): number {
    return this.#freshStarts;
  }

  /** The newest time it gave: no frame with a higher sequence number gets one before it; −∞ at a start. */
  get newest(): number {
    return this.#newest.time;
  }

  /** How much faster the stream's frames come than its nominal rate says, in parts per million. */
  get ppm(): number {
    return -this.#fit.slope;
  }

  /** The time of frame `sequence`, stamped `time`, without its jitter. */
  smooth(sequence: number, time: Micros): Micros {
    if (this.#off) return time;
    this.#start ??= { sequence, time };
    const sinceStart = (sequence - this.#start.sequence) * this.#period;
    const x = sinceStart / 1e6;
    const y = time - this.#start.time - sinceStart;
    const error = y - this.#fit.at(x);
    if (this.#isOdd(error)) return this.#doubt(sequence, time);
    this.#doubts = 0;
    const passed = Math.max(0, sequence - Math.max(this.#newest.sequence, this.#start.sequence));
    this.#fit.forget(2 ** ((-passed * this.#period) / this.#halfLife));
    this.#fit.add(x, y, 1);
    this.#spread.add(error);
    if (this.#isIrregular) {
      this.#off = true;
      return time;
    }
    return this.#ordered(sequence, this.#start.time + sinceStart + this.#fit.at(x));
  }

  #isOdd(error: number): boolean {
    if (this.#spread.count < WARM_UP) return Math.abs(error) > NOT_JITTER;
    return Math.abs(error) > Math.max(GATE * this.#spread.sigma, this.#period / 2);
  }

  get #isIrregular(): boolean {
    return (
      this.#restarts > MOST_RESTARTS ||
      (this.#spread.count >= WARM_UP && this.#spread.sigma > MOST_PERIODS * this.#period)
    );
  }

  /** A stamp off the line: left out, or after many the line's new beginning. */
  #doubt(sequence: number, time: Micros): Micros {
    this.#doubts++;
    if (this.#doubts < PATIENCE) {
      const { sequence: start, time: origin } = this.#start ?? { sequence, time };
      const sinceStart = (sequence - start) * this.#period;
      // Beyond jitter the line is as likely to be wrong as the stamp: then the stamp stands.
      const line = origin + sinceStart + this.#fit.at(sinceStart / 1e6);
      return Math.abs(line - time) > NOT_JITTER ? time : this.#ordered(sequence, line);
    }
    this.#fit = newFit();
    this.#spread = new Spread(64);
    this.#start = undefined;
    this.#newest = { sequence: -1, time: Number.NEGATIVE_INFINITY };
    this.#doubts = 0;
    this.#freshStarts++;
    this.#restarts = time - this.#restarted > MINUTE ? 1 : this.#restarts + 1;
    this.#restarted = time;
    return this.smooth(sequence, time);
  }

  #ordered(sequence: number, line: number): Micros {
    if (sequence <= this.#newest.sequence) return micros(line);
    const time = Math.max(Math.round(line), this.#newest.time + 1);
    this.#newest = { sequence, time };
    return micros(time);
  }
}

function newFit(): LineFit {
  return new LineFit({ stiffness: (EXPECTED_JITTER / EXPECTED_DRIFT) ** 2 });
}
