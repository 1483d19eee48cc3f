import { UNUSED_REASONS, type UnusedReason } from "./UnusedFrame.ts";

/**
 * How many frames of a stream came to what.
 *
 * Conservation: `received` = `used` + `buffered` + the sum over all reasons.
 */
export interface ColumnCounters extends Readonly<Record<UnusedReason, number>> {
  /** Frames that came in. */
  readonly received: number;
  /** Frames that are part of at least one row. */
  readonly used: number;
  /** Frames that came late and were taken in all the same, to revise rows; not a fate, they have one too. */
  readonly belated: number;
  /** Frames held that no row has used yet. */
  readonly buffered: number;
  /** Frames in memory now, used or not. */
  readonly held: number;
}

const NAMES = ["received", "used", "belated", "buffered", "held", ...UNUSED_REASONS] as const;

/** Counter by counter. */
export function sumOf(counters: readonly (ColumnCounters | undefined)[]): ColumnCounters {
  const sum = {
    received: 0,
    used: 0,
    belated: 0,
    buffered: 0,
    held: 0,
    late: 0,
    equal: 0,
    duplicate: 0,
    future: 0,
    aged: 0,
    overflow: 0,
    invalid: 0,
    "unknown-stream": 0,
  };
  for (const one of counters) for (const name of NAMES) sum[name] += one?.[name] ?? 0;
  return sum;
}
