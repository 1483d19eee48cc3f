/** The times by which a page follows its rows, in µs. */
export interface TimeScale {
  /** How far back everything is kept: twice what the widest axis shows. */
  readonly kept: number;
  /** A row older than this at an instant says nothing about it any more. */
  readonly slack: number;
  /** Without a row for so long, the page is standing still. */
  readonly stalled: number;
  /** How far back the jitter of arrivals is looked at. */
  readonly jitter: number;
  /** One step of looking back. */
  readonly step: number;
  /** What an axis of so many CSS pixels shows. */
  axis(width: number): number;
}

const SECOND = 1_000_000;
/** CSS pixels for a second, as far as the limits below allow. */
const PX_PER_SECOND = 92;
const [SHORTEST, LONGEST] = [4 * SECOND, 12 * SECOND] as const;
/** Rows that an axis shows at least: of a thermometer's, twelve seconds say nothing. */
const LEAST_ROWS = 40;
/** Rows that may be overdue before anybody is told. */
const OVERDUE_ROWS = 2.5;

/**
 * Times that suit a person where rows come some tens of times a second, and follow the rows where they come
 * more slowly.
 *
 * @param period Time between two rows, in µs.
 */
export function timeScale(period: number): TimeScale {
  const rows = LEAST_ROWS * period;
  return {
    kept: 2 * Math.max(LONGEST, rows),
    slack: Math.max(0.4 * SECOND, OVERDUE_ROWS * period),
    stalled: Math.max(1.2 * SECOND, OVERDUE_ROWS * period),
    jitter: Math.max(6 * SECOND, 10 * period),
    step: Math.max(0.2 * SECOND, period),
    axis: (width) => Math.max(SHORTEST, Math.min(LONGEST, (width / PX_PER_SECOND) * SECOND), rows),
  };
}
