import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { type Bytes, bytes, type Micros, micros, seconds } from "../units.ts";
import type { ColumnCounters } from "./ColumnCounters.ts";
import type { Policy } from "./Policy.ts";
import type { Role } from "./Role.ts";
import type { UnusedFrame } from "./UnusedFrame.ts";

/** How an `Aligner` forms rows. */
export interface AlignerOptions {
  /** Which frames answer an instant, for every stream a CONFIG record may name. */
  readonly columns: Readonly<Record<string, Policy>>;
  /**
   * Which frames of a guest answer an instant: of a stream that a CONFIG record names and `columns` does not.
   * A guest is optional: no row waits for it. CONFIG records with guests are refused unless given.
   */
  readonly guests?: (description: StreamDescription) => Policy;
  /**
   * How far the fastest stream may run ahead of a silent one before rows go out without the latter, in
   * µs of origin time (alignment.md 9: S). Larger than the spread of healthy transport lags. In force
   * until a SKEW record says otherwise.
   */
  readonly skew: Micros;
  /** What each stream means to the rows. Default: `required`. See `Role`. */
  readonly roles?: Readonly<Record<string, Role>>;
  /** How far ahead of its arrival a frame may be stamped, in µs. Default 1 s. */
  readonly futureBound?: Micros;
  /** Frames held per stream; past it the oldest goes. Default 8,192. */
  readonly capacity?: number;
  /** Bytes of payload held per stream; past it the oldest frame goes. Default 256 MiB. */
  readonly capacityBytes?: Bytes;
  /**
   * How long nothing may be there, in µs of the grid, before the rows say so no more: what follows of the
   * stretch is told as a number, with the next row (`Frameset.skipped`). So an hour in which all streams were
   * silent is no hour of rows at once when they come back. It should be longer than any context that is
   * kept of the rows, which then are as they would be; 0 tells no row without a frame. Default 10 s.
   */
  readonly longestEmpty?: Micros;
  /**
   * How old a row may be, in µs behind the newest one, to be told again when a late frame changes it
   * (`Frameset.revision`). As long buffers keep what rows were made from. Default 0: rows never change.
   */
  readonly revisionHorizon?: Micros;
  /** Side output: every frame that became part of no row, with its reason. */
  readonly onUnused?: (frame: UnusedFrame) => void;
}

/** What an `Aligner` counts. */
export interface AlignerCounters {
  /** Rows emitted. */
  readonly rows: number;
  /** Rows told again because a late frame changed them. */
  readonly revisions: number;
  /** Instants without a row, in long stretches at which nothing was there. */
  readonly skipped: number;
  /** Frames of streams that the configuration does not name. */
  readonly unknownStream: number;
  /** Heartbeats refused: no integer, or a promise beyond the future bound. */
  readonly refusedHeartbeats: number;
  readonly streams: Readonly<Record<string, ColumnCounters>>;
}

/**
 * Fills in what an `Aligner` was not told.
 *
 * @throws {ConfigError} If a bound is out of its range.
 */
export function completeOptions(options: AlignerOptions): Required<
  Omit<AlignerOptions, "onUnused" | "guests">
> & {
  readonly guests: AlignerOptions["guests"] | undefined;
  readonly onUnused: AlignerOptions["onUnused"] | undefined;
} {
  const {
    columns,
    skew,
    roles = {},
    futureBound = seconds(1),
    capacity = 8_192,
    capacityBytes = bytes(256 * 1_024 * 1_024),
    longestEmpty = seconds(10),
    revisionHorizon = micros(0),
    onUnused,
    guests,
  } = options;
  atLeast(0, "skew", skew);
  atLeast(0, "futureBound", futureBound);
  atLeast(0, "longestEmpty", longestEmpty);
  atLeast(0, "revisionHorizon", revisionHorizon);
  atLeast(1, "capacity", capacity);
  atLeast(1, "capacityBytes", capacityBytes);
  const bounds = { skew, futureBound, longestEmpty, revisionHorizon, capacity, capacityBytes };
  return { columns, roles, onUnused, guests, ...bounds };
}

function atLeast(bound: number, name: string, value: number): void {
  if (!(value >= bound))
    throw new ConfigError("Aligner", `${name} must be >= ${bound}, got ${value}`);
}
