import type { Cell, Frameset } from "../frames/Frameset.ts";
import type { Micros } from "../units.ts";
import { copyRow, type RowsSnapshot } from "./AlignerSnapshot.ts";
import type { Blocking, ColumnWait } from "./Blocking.ts";
import type { Column } from "./Column.ts";
import { cellOf } from "./cellOf.ts";
import type { Frontier } from "./Frontier.ts";
import type { Grid } from "./Grid.ts";
import { Schedule } from "./Schedule.ts";
import { ToldRows } from "./ToldRows.ts";

const NONE: readonly Frameset[] = [];
const NO_COLUMNS: readonly Column[] = [];

/** What `Rows` is told. */
export interface RowsOptions {
  readonly frontier: Frontier;
  readonly primary: string | undefined;
  /** See `AlignerOptions`. */
  readonly longestEmpty: number;
  /** See `AlignerOptions`. */
  readonly revisionHorizon: number;
  /** Called when the next row may stand on another grid. */
  readonly onGrid: () => void;
}

/** Forms rows as soon as nothing that belongs to them can come any more. */
export class Rows {
  readonly schedule: Schedule;
  readonly told = new ToldRows();
  readonly #frontier: Frontier;
  readonly #longestEmpty: number;
  readonly #revisionHorizon: number;
  readonly #onGrid: () => void;
  /** In force when this was last looked at. */
  #grid: Grid | undefined;
  /** The stream that the next row was last seen waiting for. */
  #blocker: Column | undefined;
  /** Up to where that stream had to be known then. */
  #blockerNeed = Number.NEGATIVE_INFINITY;
  /** Up to where it must be known whatever it sends. */
  #blockerLeast = Number.NEGATIVE_INFINITY;
  /** Rows told. */
  count = 0;
  /** Rows told again. */
  revisions = 0;
  /** Instants without a row. */
  skipped = 0;
  /** How long, up to the next instant, nothing was there, in µs of the grid. */
  empty = 0;
  /** How many instants of that have no row. */
  untold = 0;
  #out: readonly Frameset[] = NONE;

  constructor(options: RowsOptions) {
    this.schedule = new Schedule(options.primary);
    this.#frontier = options.frontier;
    this.#longestEmpty = options.longestEmpty;
    this.#revisionHorizon = options.revisionHorizon;
    this.#onGrid = options.onGrid;
  }

  /** What it knows, columns aside. */
  snapshot(): RowsSnapshot {
    const { grid, pending, lastTime, index } = this.schedule;
    const { count, revisions, skipped, empty, untold } = this;
    const configs = [...(grid === undefined ? [] : [grid]), ...pending].map(({ config }) => config);
    const told = this.told.all.map(copyRow);
    return { lastTime, index, rows: count, revisions, skipped, empty, untold, configs, told };
  }

  /** Goes on where the snapshot was taken, with its configurations' grids. */
  restore(snapshot: RowsSnapshot, grids: readonly Grid[]): void {
    this.schedule.lastTime = snapshot.lastTime;
    for (const grid of grids) this.schedule.add(grid);
    this.schedule.index = snapshot.index;
    this.schedule.settle();
    this.#grid = this.schedule.grid;
    this.count = snapshot.rows;
    this.revisions = snapshot.revisions;
    this.skipped = snapshot.skipped;
    this.empty = snapshot.empty;
    this.untold = snapshot.untold;
    this.told.adopt(snapshot.told);
  }

  /** The rows formed since this was last asked, in order. */
  take(): readonly Frameset[] {
    const out = this.#out;
    if (out.length > 0) this.#out = NONE;
    return out;
  }

  /** Takes a configuration in. */
  configure(grid: Grid): void {
    this.schedule.add(grid);
    this.#regrid();
  }

  /** Whether a frame of `column` may have settled the next row; cheap, errs on the side of yes. */
  mayAdvance(column: Column): boolean {
    const { primary, next } = this.schedule;
    if (primary === column) return true;
    if (primary === undefined && this.#frontier.due < next) return false;
    const blocker = this.#blocker;
    if (blocker === undefined) return true;
    const need = blocker === column ? this.#blockerLeast : this.#blockerNeed;
    return this.#frontier.known(blocker) >= need;
  }

  /** Forms all rows that can be formed. */
  advance(): void {
    while (this.#isDue() && !this.#isBlocked()) this.#form();
  }

  /** Why the next row is not out yet; undefined before the first configuration. */
  blocking(): Blocking | undefined {
    const { grid, index, primary, next, soonest } = this.schedule;
    if (grid === undefined) return undefined;
    const config = grid.config.version;
    if (primary !== undefined && next === Number.POSITIVE_INFINITY) {
      const has = primary.watermark as Micros;
      const need = Math.max(soonest, has + 1) as Micros;
      const { stream } = primary.description;
      return { time: need, index, config, due: false, waits: [{ stream, need, has }] };
    }
    const due = primary !== undefined || this.#frontier.due >= next;
    const time = next as Micros;
    const waits = (due ? grid.columns : []).flatMap((column) => this.#waitFor(column, time));
    return { time, index, config, due, waits };
  }

  #waitFor(column: Column, time: Micros): ColumnWait[] {
    const isPrimary = column.role === "primary";
    column.look({ next: time });
    const need = (isPrimary ? Math.max(column.needed, time) : column.needed) as Micros;
    const has = this.#frontier.known(column) as Micros;
    if (column.role === "optional" || has >= need) return [];
    return [{ stream: column.description.stream, need, has }];
  }

  /** Whether a frame that is late may still be taken in, because rows that it belongs to can be revised. */
  mayRevise(column: Column, time: number): boolean {
    if (this.#revisionHorizon === 0 || column.role === "primary" || column.closed) return false;
    return time > this.keptFrom + column.horizon && time > column.lost;
  }

  /** Tells the rows again that a frame which the column holds by now has changed. */
  revise(column: Column, time: number): void {
    if (this.#revisionHorizon === 0) return;
    const period = this.schedule.grid?.period ?? 0;
    for (const row of this.told.revise(column, time, this.keptFrom, period)) {
      this.revisions++;
      this.#put(row);
    }
  }

  #put(row: Frameset): void {
    // Mostly it is the only one, and a list of one costs less than one that has been added to.
    if (this.#out.length === 0) this.#out = [row];
    else (this.#out as Frameset[]).push(row);
  }

  /** Makes room in a full buffer: first what no row can use any more, then the oldest frames. */
  relieve(column: Column): void {
    const { grid, soonest } = this.schedule;
    if (grid !== undefined) column.evict(this);
    if (!column.isOver) return;
    const { ring } = column;
    const before = ring.size;
    if (grid !== undefined && this.#revisionHorizon > 0) column.evict({ keptFrom: soonest });
    while (column.isOver) column.dropUntil(ring.time(0), "overflow");
    if (ring.size < before) column.lost = ring.size > 0 ? ring.time(0) - 1 : column.newest;
  }

  /** Rows from here on may yet be told, or told again. */
  get keptFrom(): number {
    return this.schedule.soonest - this.#revisionHorizon;
  }

  /** The next row may stand on another grid: what was known about it no longer holds. */
  #regrid(): void {
    this.#blocker = undefined;
    if (this.schedule.grid !== this.#grid) this.told.clear();
    this.#grid = this.schedule.grid;
    this.#onGrid();
  }

  /** Whether a row may go out as far as its instant is concerned: nothing can come before it any more. */
  #isDue(): boolean {
    const { primary } = this.schedule;
    if (primary === undefined) return this.#frontier.due >= this.schedule.next;
    if (this.schedule.settle()) this.#regrid();
    const { next } = this.schedule;
    return next < Number.POSITIVE_INFINITY && this.#frontier.known(primary) >= next;
  }

  #isBlocked(): boolean {
    const before = this.#blocker;
    if (before !== undefined && this.#blocks(before)) return true;
    this.#blocker = undefined;
    const columns = this.schedule.grid?.columns ?? NO_COLUMNS;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column;
      if (column === before || !this.#blocks(column)) continue;
      this.#blocker = column;
      return true;
    }
    return false;
  }

  #blocks(column: Column): boolean {
    const least = this.schedule.next + column.leastNeed;
    const isOptional = column.role === "optional";
    const known = isOptional ? Number.POSITIVE_INFINITY : this.#frontier.known(column);
    let need = least;
    if (known >= least) {
      column.look(this.schedule);
      need = column.needed;
      if (known >= need) return false;
    }
    this.#blockerNeed = need;
    this.#blockerLeast = least;
    return true;
  }

  #form(): void {
    const { schedule } = this;
    const { grid, primary } = schedule;
    if (grid === undefined) return;
    const { columns, period } = grid;
    const cells: Record<string, Cell> = {};
    let isEmpty = true;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column;
      // What it needs was looked up just now, to see whether it blocks.
      const cell = cellOf(column, schedule, period);
      column.settle();
      store(cells, i, column.key, cell);
      if (cell.presence !== "missing") isEmpty = false;
    }
    if (primary !== undefined && schedule.next > primary.lock) primary.lock = schedule.next;
    this.empty = isEmpty ? this.empty + period : 0;
    if (this.empty <= this.#longestEmpty) this.#tell(grid, cells);
    else {
      this.untold++;
      this.skipped++;
    }
    this.#step(1);
    if (this.untold > 0) this.#leap();
  }

  #tell(grid: Grid, cells: Record<string, Cell>): void {
    const { next, index } = this.schedule;
    const time = next as Micros;
    const { site, version: config } = grid;
    const id = grid.idOf(time);
    const row: Frameset =
      this.untold === 0
        ? { id, site, time, index, config, cells }
        : { id, site, time, index, config, cells, skipped: this.untold };
    this.untold = 0;
    this.count++;
    this.#put(row);
    if (this.#revisionHorizon > 0) this.told.add(row);
  }

  #step(rows: number): void {
    if (this.schedule.step(rows)) this.#regrid();
    const kept = { keptFrom: this.keptFrom };
    const columns = this.schedule.grid?.columns ?? NO_COLUMNS;
    for (let i = 0; i < columns.length; i++) (columns[i] as Column).evict(kept);
    if (this.#revisionHorizon > 0) this.told.forget(kept.keptFrom);
  }

  /** Passes over all instants at once that would get no row, as nothing can be there, and could go out. */
  #leap(): void {
    const { grid, primary, next, barrier } = this.schedule;
    if (grid === undefined || primary !== undefined) return;
    let end = Math.min(this.#frontier.due, barrier - 1);
    for (const column of grid.columns) {
      end = Math.min(end, column.emptyUntil(next));
      if (column.role !== "optional")
        end = Math.min(end, this.#frontier.known(column) - column.reach);
    }
    const rows = Math.floor((end - next) / grid.period) + 1;
    if (!(rows > 1)) return;
    const at = { next: next + (rows - 1) * grid.period };
    for (const column of grid.columns) {
      column.look(at);
      column.settle();
    }
    this.empty += rows * grid.period;
    this.untold += rows;
    this.skipped += rows;
    this.#step(rows);
  }
}

/**
 * `cells[key] = cell`, a place of its own in the code for each of the first few columns: there V8 sees the
 * same key each time, and knows by then where in the object it goes.
 */
function store(cells: Record<string, Cell>, place: number, key: string, cell: Cell): void {
  switch (place) {
    case 0:
      cells[key] = cell;
      break;
    case 1:
      cells[key] = cell;
      break;
    case 2:
      cells[key] = cell;
      break;
    case 3:
      cells[key] = cell;
      break;
    default:
      cells[key] = cell;
  }
}
