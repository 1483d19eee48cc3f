import type { EventSpan } from "../frames/EventSpan.ts";
import { type Micros, micros } from "../units.ts";

/** What is kept of a reading to describe the spans it falls in. */
export interface SpanRow {
  readonly id: string;
  readonly labelTime: Micros;
  readonly logProbabilities: Float32Array;
  /** By stream, from that stream alone. */
  readonly streams: Readonly<Record<string, Float32Array>>;
}

/** What a run of rows is described as. */
export interface SpanClaim {
  readonly label: string;
  /** Index of the label's class. */
  readonly index: number;
  readonly state: EventSpan["state"];
  /** Time from one row to the next. */
  readonly period: Micros;
  /** See `LocalizeSettings.backing`. */
  readonly backing: number;
}

/**
 * The span of some consecutive rows: how sure it is, and which streams carry it from when to when.
 *
 * A row speaks for the half period on either side of its instant. A stream's extent is the longest stretch
 * of rows within the span in which it gives the label at least `backing`.
 *
 * @param rows Not empty, of one label.
 */
export function describeSpan(rows: readonly [SpanRow, ...SpanRow[]], claim: SpanClaim): EventSpan {
  const { label, index, state, period, backing } = claim;
  const [first, last] = [rows[0], rows.at(-1) ?? rows[0]];
  const probabilities = (of: (row: SpanRow) => Float32Array | undefined): (number | undefined)[] =>
    rows.map((row) => {
      const own = of(row);
      return own === undefined ? undefined : Math.exp(own[index] ?? -Infinity);
    });
  const names = new Set(rows.flatMap(({ streams }) => Object.keys(streams)));
  const evidence: Record<string, number> = {};
  const extents: Record<string, readonly [Micros, Micros]> = {};
  for (const name of names) {
    const own = probabilities(({ streams }) => streams[name]);
    evidence[name] = mean(own.filter((value) => value !== undefined));
    const stretch = longestStretch(own, backing);
    if (stretch === undefined) continue;
    const [from, to] = [rows[stretch.from], rows[stretch.to - 1]];
    if (from !== undefined && to !== undefined)
      extents[name] = [micros(from.labelTime - period / 2), micros(to.labelTime + period / 2)];
  }
  const modalities = Object.entries(evidence)
    .filter(([, probability]) => probability >= backing)
    .sort(([, a], [, b]) => b - a)
    .map(([stream]) => stream);
  return {
    id: `${first.id}/${label}`,
    label,
    from: micros(first.labelTime - period / 2),
    to: micros(last.labelTime + period / 2),
    score: mean(rows.map(({ logProbabilities }) => Math.exp(logProbabilities[index] ?? -Infinity))),
    evidence,
    modalities,
    extents: Object.fromEntries(
      Object.entries(extents).filter(([stream]) => modalities.includes(stream)),
    ),
    state,
    rows: [first.id, last.id],
  };
}

/** The longest stretch [from, to) of values at least `least`, the first of equals. */
function longestStretch(
  values: readonly (number | undefined)[],
  least: number,
): { readonly from: number; readonly to: number } | undefined {
  let best: { from: number; to: number } | undefined;
  let from = 0;
  for (let at = 0; at <= values.length; at++) {
    if ((values[at] ?? -Infinity) >= least) continue;
    if (at > from && at - from > (best === undefined ? 0 : best.to - best.from))
      best = { from, to: at };
    from = at + 1;
  }
  return best;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
