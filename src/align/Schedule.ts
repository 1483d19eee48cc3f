import type { Grid } from "./Grid.ts";

const PENDING_LIMIT = 64;

/** Which row comes next, and under which configuration: the newest one whose origin it has reached. */
export class Schedule {
  /** In force for the next row; undefined before the first configuration. */
  grid: Grid | undefined;
  /** Index of the next row in its grid. */
  index = 0;
  /** Instant of the next row; ∞ before the first configuration. */
  next = Number.POSITIVE_INFINITY;
  /** Instant of the last row; −∞ before the first. */
  lastTime = Number.NEGATIVE_INFINITY;
  #pending: Grid[] = [];

  /** Grids that wait for their origin, in order of origin. */
  get pending(): readonly Grid[] {
    return this.#pending;
  }

  /** Takes a configuration in; the newest record wins from its origin on. */
  add(grid: Grid): void {
    this.#pending = this.#pending.filter(({ origin }) => origin < grid.origin);
    if (this.#pending.length >= PENDING_LIMIT) this.#pending.pop();
    this.#pending.push(grid);
    this.#settle();
  }

  /** Notes that the next row is out. True if the one after it stands on another grid. */
  step(): boolean {
    this.lastTime = this.next;
    this.index++;
    return this.#settle();
  }

  #settle(): boolean {
    const before = this.grid;
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      if (this.grid !== undefined && this.grid.at(this.index) < first.origin) break;
      this.#pending.shift();
      this.grid = first;
      this.index = first.indexAfter(this.lastTime);
    }
    this.next = this.grid?.at(this.index) ?? Number.POSITIVE_INFINITY;
    return this.grid !== before;
  }
}
