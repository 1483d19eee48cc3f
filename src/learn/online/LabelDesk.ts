import type { Label } from "../../frames/EventSpan.ts";
import { type Micros, micros, seconds } from "../../units.ts";
import type { LearnerRow } from "./LearnerRow.ts";

/** A span of time with a class. */
export interface ClassSpan {
  readonly label: number;
  readonly from: Micros;
  readonly to: Micros;
}

/** A row with the class that a label gave it. */
export interface FoundRow {
  readonly row: LearnerRow;
  readonly label: number;
  /** Where the stretch begins that this row counts as one with; see `stretchOf`. */
  readonly stretch: Micros;
}

/** What became of labels. */
export interface LabelCounts {
  /** Labels given. */
  readonly given: number;
  /** Of no class that the model knows. */
  readonly unknown: number;
  /** About moments that had been forgotten, or never were, wholly. */
  readonly tooLate: number;
}

/** What is remembered. */
export interface LabelDeskState {
  readonly rows: readonly { readonly row: LearnerRow; readonly labelled: boolean }[];
  readonly waiting: readonly ClassSpan[];
  readonly counts: LabelCounts;
}

/** Rows of one label further apart say something new. */
const LONGEST = seconds(10);

/**
 * Where the stretch begins that an instant of a label counts as one with: the label's beginning, and every ten
 * seconds of a long one. What is wrong of one row of a label is wrong of the next, so evidence counts stretches.
 */
export function stretchOf(from: Micros, time: Micros): Micros {
  return micros(from + Math.floor((time - from) / LONGEST) * LONGEST);
}

/** Spans that wait for rows that are still to come. */
const WAITING = 1_024;

/**
 * Brings labels and rows together by the time they are about, whichever comes first.
 *
 * Key behaviours: rows are remembered up to a number, so a label may come late; one that comes early, like a
 * recording's own truth, waits for its rows. A row is labelled once: the first label counts. Bounded in rows
 * and in waiting labels; what is too late is counted.
 */
export class LabelDesk {
  readonly #memory: number;
  readonly #classes: ReadonlyMap<string, number>;
  #rows: { readonly row: LearnerRow; labelled: boolean }[] = [];
  #waiting: ClassSpan[] = [];
  #counts: LabelCounts = { given: 0, unknown: 0, tooLate: 0 };

  /** @param memory Rows remembered. */
  constructor(classes: readonly string[], memory: number) {
    this.#memory = memory;
    this.#classes = new Map(classes.map((name, index) => [name, index]));
  }

  get counts(): LabelCounts {
    return this.#counts;
  }

  /** The newest rows, oldest first. */
  recent(count: number): LearnerRow[] {
    return this.#rows.slice(-count).map(({ row }) => row);
  }

  /** Remembers a row. @returns The row as a label has it that waited for it. */
  row(row: LearnerRow): FoundRow | undefined {
    const time = row.labelTime;
    this.#waiting = this.#waiting.filter(({ to }) => to > time);
    const found = this.#waiting.find(({ from }) => from <= time);
    this.#rows.push({ row, labelled: found !== undefined });
    if (this.#rows.length > this.#memory) this.#rows.shift();
    return found && { row, label: found.label, stretch: stretchOf(found.from, time) };
  }

  /** Takes a label. @returns The rows that it is about and that had none, with their class. */
  label({ label: name, from, to }: Label): readonly FoundRow[] {
    this.#count("given");
    const label = this.#classes.get(name);
    if (label === undefined) {
      this.#count("unknown");
      return [];
    }
    const about = this.#rows.filter(
      ({ row, labelled }) => !labelled && row.labelTime >= from && row.labelTime < to,
    );
    for (const entry of about) entry.labelled = true;
    const newest = this.#rows.at(-1)?.row.labelTime ?? Number.NEGATIVE_INFINITY;
    if (to > newest && this.#waiting.length < WAITING) this.#waiting.push({ label, from, to });
    else if (about.length === 0) this.#count("tooLate");
    return about.map(({ row }) => ({ row, label, stretch: stretchOf(from, row.labelTime) }));
  }

  snapshot(): LabelDeskState {
    return {
      rows: this.#rows.map((entry) => ({ ...entry })),
      waiting: [...this.#waiting],
      counts: this.#counts,
    };
  }

  restore({ rows, waiting, counts }: LabelDeskState): void {
    this.#rows = rows.map((entry) => ({ ...entry }));
    this.#waiting = [...waiting];
    this.#counts = counts;
  }

  #count(name: keyof LabelCounts): void {
    this.#counts = { ...this.#counts, [name]: this.#counts[name] + 1 };
  }
}
