/** Slips of the fingers within which a name is taken for another, in letters. */
const MOST_SLIPS = 2;

/**
 * The name that was most likely meant.
 *
 * @returns The one with the fewest slips (a letter wrong, missing, too many, or two changed about), at most two
 *   and fewer than half of its letters; undefined if there is none.
 */
export function closest(said: string, names: readonly string[]): string | undefined {
  const slips = names.map((name) => ({ name, count: slipsBetween(said, name) }));
  const [best] = slips.toSorted((a, b) => a.count - b.count);
  const isNear = best !== undefined && best.count <= MOST_SLIPS && best.count < said.length / 2;
  return isNear ? best.name : undefined;
}

/** Optimal string alignment distance. Boytsov 2011, "Indexing methods for approximate dictionary searching", 2.1. */
function slipsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]?.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (isSame ? 0 : 1),
          isSwapped ? at(i - 2, j - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
