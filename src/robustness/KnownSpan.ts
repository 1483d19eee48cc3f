import type { Micros } from "../units.ts";

/** What somebody says holds over a stretch of time. */
export interface KnownSpan {
  /** Index of the class. */
  readonly classIndex: number;
  readonly from: Micros;
  /** The first instant at which it no longer need hold. */
  readonly to: Micros;
}
