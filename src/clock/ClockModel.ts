import { type Micros, micros } from "../units.ts";

/** Fastest that a model moves times towards a better estimate: 500 µs per second. */
export const MAX_SLEW_PPM = 500;

/**
 * How a publisher's clock stands to ours: offset(t) = `offset` + `ppm`·(t − `since`) + what is left of
 * `residual`, where t is the publisher's time and an offset is its clock minus ours.
 *
 * `residual` is what separates the model from the one before it at `since`. It shrinks by 500 µs per
 * second until nothing is left, so that times never jump where the publisher's clock has not.
 */
export interface ClockModel {
  /** The publisher's time from which the model holds. */
  readonly since: Micros;
  /** Best estimate of the publisher's clock minus ours at `since`. */
  readonly offset: Micros;
  /** How much faster its clock runs than ours, in µs per second. */
  readonly ppm: number;
  /** Offset in force at `since` minus `offset`; 0 once there is nothing to catch up with. */
  readonly residual: Micros;
  /**
   * How wrong a time may be: half the shortest round trip, the most that the path to the publisher can
   * hide, and what the offset in force lacks to the best estimate.
   */
  readonly uncertainty: Micros;
  /** Whether times jump at `since`: its clock was found more than 50 ms away from the model before. */
  readonly stepped: boolean;
  /**
   * What the stream's stamps jitter by, a standard deviation, where that is taken out of its times from here
   * on; absent where they are not smoothed.
   */
  readonly jitter?: Micros;
}

/** The model of a publisher that nothing is known of: its times are taken as they are. */
export const IDENTITY: ClockModel = {
  since: micros(0),
  offset: micros(0),
  ppm: 0,
  residual: micros(0),
  uncertainty: micros(0),
  stepped: false,
};

/** The publisher's clock minus ours at its time `time`, in whole µs. */
export function offsetAt(model: ClockModel, time: number): number {
  const { since, offset, ppm, residual } = model;
  const elapsed = time - since;
  const slewed = Math.max(0, elapsed) * MAX_SLEW_PPM * 1e-6;
  const left = Math.sign(residual) * Math.max(0, Math.abs(residual) - slewed);
  return Math.round(offset + elapsed * ppm * 1e-6 + left);
}

/**
 * The publisher's time `time` on our clock; ascending times stay ascending, or equal at closest.
 *
 * @returns In [0, 2^53), whatever a publisher claims.
 */
export function toOurs(model: ClockModel, time: Micros): Micros {
  const ours = time - offsetAt(model, time);
  return micros(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, ours)));
}
