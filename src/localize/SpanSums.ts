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
  readonly state: EventSpan["state"];
  /** Time from one row to the next. */
  readonly period: Micros;
}

/** Which label rows are asked about. */
export interface SpanQuestion {
  /** Index of the label's class. */
  readonly index: number;
  /** See `LocalizeSettings.backing`. */
  readonly backing: number;
}

/** Rows one after the other in which a stream backs the label. */
interface Stretch {
  readonly from: Micros;
  readonly to: Micros;
  readonly rows: number;
}

/** What one stream alone says of the label. */
interface Evidence {
  readonly sum: number;
  readonly rows: number;
  /** The longest stretch that is over, the first of equals. */
  readonly longest?: Stretch | undefined;
  /** The one that goes on. */
  readonly current?: Stretch | undefined;
}

/** What there is to say of consecutive rows of one label, gathered row by row: a span may be as long as it likes. */
export class SpanSums {
  readonly #question: SpanQuestion;
  #evidence = new Map<string, Evidence>();
  #first: SpanRow | undefined;
  #last: SpanRow | undefined;
  #rows = 0;
  #sum = 0;

  constructor(question: SpanQuestion) {
    this.#question = question;
  }

  /** To go on with elsewhere: this one stays as it is. */
  copy(): SpanSums {
    const copy = new SpanSums(this.#question);
    copy.#evidence = new Map(this.#evidence);
    copy.#first = this.#first;
    copy.#last = this.#last;
    copy.#rows = this.#rows;
    copy.#sum = this.#sum;
    return copy;
  }

  /** Takes the next row. */
  push(row: SpanRow): void {
    const { index } = this.#question;
    this.#first ??= row;
    this.#last = row;
    this.#rows++;
    this.#sum += Math.exp(row.logProbabilities[index] ?? -Infinity);
    for (const name of Object.keys(row.streams))
      if (!this.#evidence.has(name)) this.#evidence.set(name, { sum: 0, rows: 0 });
    for (const [name, known] of this.#evidence) {
      const own = row.streams[name];
      const probability = own && Math.exp(own[index] ?? -Infinity);
      this.#evidence.set(name, this.#extended(known, probability, row.labelTime));
    }
  }

  /**
   * The span of the rows so far: how sure it is, and which streams carry it from when to when.
   *
   * A row speaks for the half period on either side of its instant. A stream's extent is the longest stretch
   * of rows within the span in which it gives the label at least `backing`.
   *
   * @returns Undefined where there was no row.
   */
  span({ label, state, period }: SpanClaim): EventSpan | undefined {
    const { backing } = this.#question;
    const [first, last] = [this.#first, this.#last];
    if (first === undefined || last === undefined) return undefined;
    const around = (from: Micros, to: Micros): readonly [Micros, Micros] => [
      micros(from - period / 2),
      micros(to + period / 2),
    ];
    const evidence: Record<string, number> = {};
    const extents: Record<string, readonly [Micros, Micros]> = {};
    for (const [name, own] of this.#evidence) {
      const share = own.sum / Math.max(own.rows, 1);
      evidence[name] = share;
      const stretch = longer(own.longest, own.current);
      if (stretch !== undefined && share >= backing)
        extents[name] = around(stretch.from, stretch.to);
    }
    const modalities = Object.entries(evidence)
      .filter(([, probability]) => probability >= backing)
      .sort(([, a], [, b]) => b - a)
      .map(([stream]) => stream);
    const [from, to] = around(first.labelTime, last.labelTime);
    return {
      id: `${first.id}/${label}`,
      label,
      from,
      to,
      score: this.#sum / this.#rows,
      evidence,
      modalities,
      extents,
      state,
      rows: [first.id, last.id],
    };
  }

  #extended(known: Evidence, probability: number | undefined, time: Micros): Evidence {
    const { sum, rows, longest, current } = known;
    const backs = probability !== undefined && probability >= this.#question.backing;
    const seen =
      probability === undefined ? { sum, rows } : { sum: sum + probability, rows: rows + 1 };
    if (!backs) return { ...seen, longest: longer(longest, current) };
    const { from = time, rows: before = 0 } = current ?? {};
    return { ...seen, longest, current: { from, to: time, rows: before + 1 } };
  }
}

/** The longer of two, the first of equals. */
function longer(first: Stretch | undefined, second: Stretch | undefined): Stretch | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return second.rows > first.rows ? second : first;
}
