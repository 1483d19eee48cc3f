import type { Column } from "./Column.ts";

/** How far the streams have come together: for which rows it is time, and whom they wait for. */
export class Frontier {
  /** S. */
  skew: number;
  /** M: how far the fastest stream has come. */
  furthest = Number.NEGATIVE_INFINITY;
  /** Rows up to here are due. */
  due = Number.NEGATIVE_INFINITY;

  /** How far ahead of its arrival a frame may be stamped. */
  readonly futureBound: number;

  constructor(skew: number, futureBound: number) {
    this.skew = skew;
    this.futureBound = futureBound;
  }

  /** A stream that has come no further than this is not waited for. */
  get earliest(): number {
    return this.furthest - this.skew;
  }

  /** Notes that a stream is known up to `time`, by its own evidence. */
  reach(column: Column, time: number): void {
    if (time > this.furthest) this.furthest = time;
    if (time + column.lead > this.due) this.due = time + column.lead;
  }

  /** Notes how far a stream is known by a frame that came in at `arrivalTime`. */
  follow(column: Column, arrivalTime: number): void {
    const { watermark } = column;
    this.reach(column, watermark < arrivalTime ? watermark : arrivalTime);
  }

  /** How far a column is known: W*_s. */
  known(column: Column): number {
    if (column.free) return Number.POSITIVE_INFINITY;
    const earliest = this.furthest - this.skew;
    return column.watermark > earliest ? column.watermark : earliest;
  }
}
