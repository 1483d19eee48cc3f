import { type Micros, micros, millis } from "../units.ts";
import { type ClockEstimate, ClockEstimator } from "./ClockEstimator.ts";
import { type ClockModel, IDENTITY, offsetAt, toOurs } from "./ClockModel.ts";
import type { ClockSample } from "./ClockSample.ts";

/** Errors beyond this are corrected at once, and flagged: nobody drifts that far between two waves. */
const STEP = millis(50);
/** A correction smaller than this moves times to and fro and makes none of them better, in µs. */
const TOLERANCE = micros(250);
/** A publisher's times further ahead of its own clock than this are not its clock's doing. */
const ASTRAY = 10_000_000;

/** How a `PublisherClock` corrects. */
export interface PublisherClockOptions {
  /**
   * How wrong the model in force may be before it is changed; 250 µs unless given. Larger for a publisher
   * that is known to read the same clock as we do.
   */
  readonly tolerance?: Micros;
}

/**
 * A publisher's clock as we know it: turns its times into ours.
 *
 * - Identity until the first wave of probes says otherwise.
 * - A model changes only when it is wrong by more than the tolerance.
 * - Small errors are slewed at 500 µs per second at most, so that the times of a stream keep their order;
 *   more than 50 ms is stepped and flagged.
 */
export class PublisherClock {
  readonly #estimator = new ClockEstimator();
  readonly #tolerance: Micros;
  #model: ClockModel | undefined;
  #estimate: Pick<ClockModel, "offset" | "ppm" | "uncertainty"> | undefined;
  /** The latest of its times that was turned into ours. */
  #newest = 0;

  constructor({ tolerance = TOLERANCE }: PublisherClockOptions = {}) {
    this.#tolerance = tolerance;
  }

  /** The model in force; undefined while its times are taken as they are. */
  get model(): ClockModel | undefined {
    return this.#model;
  }

  /** What was measured last, whether or not times are corrected by it; undefined before the first wave. */
  get measured(): Pick<ClockModel, "offset" | "ppm" | "uncertainty"> | undefined {
    return this.#estimate;
  }

  /** One of its times on our clock. */
  toOurs(time: Micros): Micros {
    if (time > this.#newest) this.#newest = time;
    return this.#model === undefined ? time : toOurs(this.#model, time);
  }

  /**
   * Takes the answered probes of one wave.
   *
   * @returns The model in force from now on if it has changed, if only in its uncertainty.
   */
  add(wave: readonly ClockSample[]): ClockModel | undefined {
    const estimate = this.#estimator.add(wave);
    if (estimate === undefined) return undefined;
    const { at, offset, ppm, uncertainty } = estimate;
    const before = this.#model;
    this.#estimate = { offset: micros(offset), ppm, uncertainty };
    const error = (before === undefined ? 0 : offsetAt(before, at)) - offset;
    if (estimate.broken || Math.abs(error) > this.#tolerance) this.#correct(estimate, error);
    else {
      const rated = micros(uncertainty + Math.abs(error));
      if (before !== undefined && isAlike(rated, before.uncertainty)) return undefined;
      this.#model = { ...(before ?? IDENTITY), stepped: false, uncertainty: rated };
    }
    return this.#model;
  }

  /** Leaves the model in force for one that leads to the estimate. @param error Of the one in force. */
  #correct({ at, offset, ppm, uncertainty }: ClockEstimate, error: number): void {
    const stepped = Math.abs(error) > STEP;
    const before = this.#model;
    const isNear = Math.abs(this.#newest - at) <= ASTRAY;
    // Identity was a guess: the first measurement corrects it at once. From then on the models must agree
    // to the microsecond where its newest time was mapped, or that time's neighbours would change places.
    const jumps = stepped || before === undefined;
    const since = !jumps && isNear ? this.#newest : at;
    // Adding 0 turns −0, which JSON does not know, into 0.
    const target = Math.round(offset + (since - at) * ppm * 1e-6) + 0;
    const residual = jumps ? 0 : offsetAt(before, since) - target;
    this.#model = {
      since: micros(since),
      offset: micros(target),
      ppm,
      residual: micros(residual),
      uncertainty: micros(uncertainty + Math.abs(residual)),
      stepped,
    };
    if (jumps || !isNear) this.#newest = 0;
  }
}

/** Whether two uncertainties differ by too little to be worth a record. */
function isAlike(one: number, other: number): boolean {
  return Math.abs(one - other) <= Math.max(one, other) / 4 || Math.abs(one - other) <= TOLERANCE;
}
