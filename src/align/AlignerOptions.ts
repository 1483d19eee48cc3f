import { ConfigError } from "../errors.ts";
import { type Bytes, bytes, type Micros, seconds } from "../units.ts";
import type { ColumnCounters } from "./ColumnCounters.ts";
import type { Policy } from "./Policy.ts";
import type { UnusedFrame } from "./UnusedFrame.ts";

/** How an `Aligner` forms rows. */
export interface AlignerOptions {
  /** Which frames answer an instant, for every stream a CONFIG record may name. */
  readonly columns: Readonly<Record<string, Policy>>;
  /**
   * How far the fastest stream may run ahead of a silent one before rows go out without the latter, in
   * µs of origin time (alignment.md 9: S). Larger than the spread of healthy transport lags. In force
   * until a SKEW record says otherwise.
   */
  readonly skew: Micros;
  /**
   * Stream whose frames are the rows' instants, instead of the grid's: then there are no rows while it is
   * silent. Every CONFIG record must name it; its period still tells real from held. Default: the grid.
   */
  readonly primary?: string;
  /** How far ahead of its arrival a frame may be stamped, in µs. Default 1 s. */
  readonly futureBound?: Micros;
  /** Frames held per stream; past it the oldest goes. Default 8,192. */
  readonly capacity?: number;
  /** Bytes of payload held per stream; past it the oldest frame goes. Default 256 MiB. */
  readonly capacityBytes?: Bytes;
  /** Side output: every frame that became part of no row, with its reason. */
  readonly onUnused?: (frame: UnusedFrame) => void;
}

/** What an `Aligner` counts. */
export interface AlignerCounters {
  /** Rows emitted. */
  readonly rows: number;
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
export function completeOptions(
  options: AlignerOptions,
): Required<Omit<AlignerOptions, "onUnused" | "primary">> {
  const {
    columns,
    skew,
    futureBound = seconds(1),
    capacity = 8_192,
    capacityBytes = bytes(256 * 1_024 * 1_024),
  } = options;
  const least = { skew: 0, futureBound: 0, capacity: 1, capacityBytes: 1 };
  const given = { skew, futureBound, capacity, capacityBytes };
  for (const [name, value] of Object.entries(given)) {
    const bound = least[name as keyof typeof least];
    if (!(value >= bound))
      throw new ConfigError("Aligner", `${name} must be >= ${bound}, got ${value}`);
  }
  return { columns, skew, futureBound, capacity, capacityBytes };
}
