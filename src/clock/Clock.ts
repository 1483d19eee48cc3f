import type { Micros } from "../units.ts";

/** The only source of time. Injected, so that a test or a replay can be the one who says how late it is. */
export interface Clock {
  /** Now, in µs since the Unix epoch. Never goes back. */
  now(): Micros;
  /**
   * Settles once `now() >= time`; at once if it is already.
   *
   * @throws The signal's reason, if `signal` aborts first.
   */
  until(time: Micros, signal?: AbortSignal): Promise<void>;
}
