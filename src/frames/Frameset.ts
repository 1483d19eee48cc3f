import type { Micros } from "../units.ts";

/**
 * How a value came about. `missing` is a state of its own, never a zero.
 *
 * - `real`: sensed at this instant (within the policy's window)
 * - `held`: the last one sensed, still young enough
 * - `interpolated`: computed from neighbours on both sides
 * - `missing`: nothing that the policy allows
 */
export type Presence = "real" | "held" | "interpolated" | "missing";

/** Why a value is missing, for "why is there no output". */
export type MissingReason =
  | "never-seen"
  | "idle"
  | "skew"
  | "optional"
  | "too-old"
  | "incomplete"
  | "gap";

/** One stream's part of a frameset. */
export type Cell =
  | {
      readonly presence: "real" | "held" | "interpolated";
      /** The frames' elements back to back, in the stream's dtype. */
      readonly payload: Uint8Array;
      /** How many frames `payload` holds. */
      readonly frames: number;
      /** Start of the newest frame used. */
      readonly originTime: Micros;
      /** Grid instant minus `originTime`; negative where a policy looks ahead. */
      readonly age: Micros;
      /** When the newest frame used came in, on the pipeline's clock; 0 where nothing came by wire. */
      readonly arrivalTime: Micros;
      /**
       * How wrong the publisher's clock, as we corrected it, may be when the row was formed (docs/clocks.md);
       * absent where it was never measured.
       */
      readonly clockUncertainty?: Micros;
    }
  | { readonly presence: "missing"; readonly reason: MissingReason };

/**
 * Everything sensed that belongs to one instant of the grid. Exactly one per instant, in order; only of a
 * long stretch at which nothing was sensed the rest is told as a number, `skipped`.
 */
export interface Frameset {
  /** `site:time:config`, the name under which outputs, explanations and labels refer to it. */
  readonly id: string;
  readonly site: string;
  /** The instant: grid origin + index × period. */
  readonly time: Micros;
  readonly index: number;
  /** Version of the configuration it was formed under. */
  readonly config: number;
  /** One cell per configured stream. */
  readonly cells: Readonly<Record<string, Cell>>;
  /**
   * How often the row was told before: 1, 2, ... where a late frame changed it. Absent the first time, and
   * always where the aligner was not asked for revisions.
   */
  readonly revision?: number;
  /** How many instants just before this one, all without anything sensed, have no row. Absent where none. */
  readonly skipped?: number;
}
