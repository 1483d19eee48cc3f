import type { Cell, Frameset } from "../frames/Frameset.ts";
import type { Micros } from "../units.ts";
import type { Column } from "./Column.ts";
import { cellOf } from "./cellOf.ts";

/**
 * The rows that are out and not older than the revision horizon, as they were last told.
 *
 * A frame that came too late for them is part of them all the same: `revise` gives those that it changes
 * anew, under their own id and the next revision number (alignment.md 9, "optional revision stream").
 *
 * Bounded by the horizon. A row borrows its payloads, so what they lie in stays in memory as long.
 */
export class ToldRows {
  /** In order of time. */
  #rows: Frameset[] = [];

  /** All of them, oldest first. */
  get all(): readonly Frameset[] {
    return this.#rows;
  }

  /** Takes in the row that was told just now. */
  add(row: Frameset): void {
    this.#rows.push(row);
  }

  /** Takes over the rows of a snapshot. */
  adopt(rows: readonly Frameset[]): void {
    this.#rows = [...rows];
  }

  /** Forgets the rows before `time`. */
  forget(time: number): void {
    let count = 0;
    while (count < this.#rows.length && (this.#rows[count]?.time ?? time) < time) count++;
    // Now and then, so that a row costs no move of all the others.
    if (count > this.#rows.length / 2) this.#rows = this.#rows.slice(count);
  }

  /** Forgets all rows: those of another configuration cannot be revised. */
  clear(): void {
    this.#rows = [];
  }

  /**
   * The rows from `since` on that the frame at `time`, which `column` holds by now, has changed.
   *
   * @param period Grid period: tells real from held.
   */
  revise(column: Column, time: number, since: number, period: number): Frameset[] {
    const name = column.description.stream;
    const revised: Frameset[] = [];
    const from = Math.max(since, time - column.reach, column.lost - column.horizon);
    const end = time - column.horizon;
    for (let i = this.#firstFrom(from); i < this.#rows.length; i++) {
      const row = this.#rows[i] as Frameset;
      if (row.time >= end) break;
      const before = row.cells[name];
      const at = { next: row.time };
      column.look(at);
      const cell = cellOf(column, at, period);
      if (before === undefined || isSame(before, cell)) continue;
      const cells = { ...row.cells, [name]: cell };
      const again: Frameset = { ...row, cells, revision: (row.revision ?? 0) + 1 };
      this.#rows[i] = again;
      revised.push(again);
    }
    return revised;
  }

  /** Position of the first row at or after `time`. */
  #firstFrom(time: number): number {
    let position = this.#rows.length;
    while (position > 0 && (this.#rows[position - 1]?.time ?? time) >= (time as Micros)) position--;
    return position;
  }
}

/** Whether two cells say the same: both nothing, for whatever reason, or the same bytes of the same time. */
function isSame(a: Cell, b: Cell): boolean {
  if (a.presence === "missing" || b.presence === "missing") return a.presence === b.presence;
  return (
    a.presence === b.presence &&
    a.originTime === b.originTime &&
    a.frames === b.frames &&
    (a.payload === b.payload || Buffer.compare(a.payload, b.payload) === 0)
  );
}
