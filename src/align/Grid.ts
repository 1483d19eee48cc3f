import type { LogRecord } from "../log/LogRecord.ts";
import type { Column } from "./Column.ts";

/** A configuration in force: the instants of its rows, and who answers them. */
export class Grid {
  readonly site: string;
  readonly version: number;
  /** First instant, in µs. */
  readonly origin: number;
  /** Distance of the instants, in µs. */
  readonly period: number;
  /** In the order of the configuration. */
  readonly columns: readonly Column[];

  constructor(config: Extract<LogRecord, { kind: "CONFIG" }>, columns: readonly Column[]) {
    this.site = config.streams[0]?.site ?? "";
    this.version = config.version;
    this.origin = config.origin;
    this.period = config.period;
    this.columns = columns;
  }

  /** The instant with this index. */
  at(index: number): number {
    return this.origin + index * this.period;
  }

  /** Index of the first instant after `time`, ≥ 0. */
  indexAfter(time: number): number {
    return Math.max(0, Math.floor((time - this.origin) / this.period) + 1);
  }
}
