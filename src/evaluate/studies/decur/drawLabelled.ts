import type { Rng } from "../../../tensor/Rng.ts";

/**
 * The few rows whose labels are known: every class in proportion, at least one row of each.
 *
 * Without the floor a probe at 1 % would be asked for classes it was never shown; with it the rows can
 * be more than the fraction says, where classes are many and examples few.
 *
 * @param labels [N]; rows of −1 are never taken.
 * @param fraction 0 … 1; at 1 all rows with a label, in order.
 */
export function drawLabelled(labels: Int32Array, fraction: number, rng: Rng): number[] {
  const byClass = new Map<number, number[]>();
  for (const [row, label] of labels.entries())
    if (label >= 0) byClass.set(label, [...(byClass.get(label) ?? []), row]);
  const groups = [...byClass.entries()].sort(([a], [b]) => a - b).map(([, rows]) => rows);
  if (fraction >= 1) return groups.flat().sort((a, b) => a - b);
  return groups
    .flatMap((rows) =>
      Array.from(rng.shuffle([...rows])).slice(0, Math.max(1, Math.round(rows.length * fraction))),
    )
    .sort((a, b) => a - b);
}
