import type { Label } from "../../frames/EventSpan.ts";
import type { Micros } from "../../units.ts";
import type { LearnerRow } from "./LearnerRow.ts";

/** A span of time with a class. */
export interface ClassSpan {
  readonly label: number;
  readonly from: Micros;
  readonly to: Micros;
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

  /** Remembers a row. @returns The class of a label that waited for it. */
  row(row: LearnerRow): number | undefined {
    const time = row.labelTime;
    this.#waiting = this.#waiting.filter(({ to }) => to > time);
    const found = this.#waiting.find(({ from }) => from <= time);
    this.#rows.push({ row, labelled: found !== undefined });
    if (this.#rows.length > this.#memory) this.#rows.shift();
    return found?.label;
  }

  /** Takes a label. @returns The rows that it is about and that had none, with their class. */
  label({ label: name, from, to }: Label): readonly { row: LearnerRow; label: number }[] {
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
    return about.map(({ row }) => ({ row, label }));
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
