import type { Column } from "./Column.ts";
import type { Grid } from "./Grid.ts";

const PENDING_LIMIT = 64;

/**
 * Which row comes next, and under which configuration: the newest one whose origin it has reached.
 *
 * Rows stand at the instants of the grid or, if a stream is named as primary, at that stream's frames.
 */
export class Schedule {
  /** In force for the next row; undefined before the first configuration. */
  grid: Grid | undefined;
  /** Index of the next row in its grid. */
  index = 0;
  /** Instant of the next row; ∞ before the first configuration, or before the primary's next frame. */
  next = Number.POSITIVE_INFINITY;
  /** Instant of the last row; −∞ before the first. */
  lastTime = Number.NEGATIVE_INFINITY;
  /** The column whose frames are the rows' instants; undefined on a grid. */
  primary: Column | undefined;
  readonly #primaryName: string | undefined;
  #pending: Grid[] = [];

  constructor(primaryName: string | undefined) {
    this.#primaryName = primaryName;
  }

  /** Grids that wait for their origin, in order of origin. */
  get pending(): readonly Grid[] {
    return this.#pending;
  }

  /** No row can stand before this: what only earlier ones could use may go. */
  get soonest(): number {
    if (this.primary === undefined) return this.next;
    return Math.max(this.lastTime + 1, this.grid?.origin ?? Number.NEGATIVE_INFINITY);
  }

  /** Takes a configuration in; the newest record wins from its origin on. */
  add(grid: Grid): void {
    this.#pending = this.#pending.filter(({ origin }) => origin < grid.origin);
    if (this.#pending.length >= PENDING_LIMIT) this.#pending.pop();
    this.#pending.push(grid);
    this.settle();
  }

  /** Where the next configuration takes over; ∞ if none waits. */
  get barrier(): number {
    return this.#pending[0]?.origin ?? Number.POSITIVE_INFINITY;
  }

  /** Notes that the next rows are out, on a grid. True if the one after them stands on another one. */
  step(rows = 1): boolean {
    const { grid } = this;
    this.lastTime =
      grid === undefined || this.primary !== undefined ? this.next : grid.at(this.index + rows - 1);
    this.index += rows;
    return this.settle();
  }

  /** Finds the next row anew, as the primary's frames may have changed. True if the grid is another one. */
  settle(): boolean {
    const before = this.grid;
    this.next = this.#instant();
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      if (this.grid !== undefined && this.next < first.origin) break;
      if (this.grid !== undefined && this.next === Number.POSITIVE_INFINITY) break;
      this.#pending.shift();
      this.grid = first;
      this.primary = first.columns.find(
        ({ description }) => description.stream === this.#primaryName,
      );
      this.index = this.primary === undefined ? first.indexAfter(this.lastTime) : 0;
      this.next = this.#instant();
    }
    return this.grid !== before;
  }

  #instant(): number {
    if (this.primary === undefined) return this.grid?.at(this.index) ?? Number.POSITIVE_INFINITY;
    const { ring } = this.primary;
    const position = ring.after(this.soonest - 1);
    return position < ring.size ? ring.time(position) : Number.POSITIVE_INFINITY;
  }
}
