import type { Random } from "./stretches.ts";

/** Rows [from, to) in which a sensor gives nothing. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

/** How often and how long sensors give nothing. */
export interface OutageOptions {
  /** About one in so many rows starts an outage. Default 250. */
  readonly everyRows?: number;
  /** The longest, in rows. Default 40. */
  readonly longest?: number;
}

/**
 * Draws outages: about one in `everyRows` rows starts one, of 1 to `longest` rows; never at the first row.
 *
 * @returns In order, apart, within the rows.
 */
export function drawOutages(
  rows: number,
  random: Random,
  { everyRows = 250, longest = 40 }: OutageOptions = {},
): Outage[] {
  const outages: Outage[] = [];
  for (let at = 0; ; ) {
    const from = at + 1 + Math.floor(-Math.log(1 - random()) * everyRows);
    if (from >= rows) return outages;
    // Squared: a few lost rows are the rule, more than a second the exception.
    const to = Math.min(from + 1 + Math.floor(random() ** 2 * longest), rows);
    outages.push({ from, to });
    at = to;
  }
}

/**
 * Draws when a sensor gives nothing in a stretch of training: with a chance from the first row on, as one that
 * is attached while the others run, and as often on average later, as one with a loose plug. Each for half of
 * the stretch at most.
 *
 * @param chance In [0, 1]. At 0 nothing is drawn.
 */
export function drawAbsence(rows: number, chance: number, random: Random): readonly Outage[] {
  if (chance === 0) return [];
  const longest = Math.max(1, Math.floor(rows / 2));
  const isLate = random() < chance;
  const late = isLate ? [{ from: 0, to: 1 + Math.floor(random() * longest) }] : [];
  return [...late, ...drawOutages(rows, random, { everyRows: rows / chance, longest })];
}
