import { ConfigError } from "../errors.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { Column } from "./Column.ts";

/** A configuration as the log has it. */
export type Config = Extract<LogRecord, { kind: "CONFIG" }>;

/** A configuration in force: the instants of its rows, and who answers them. */
export class Grid {
  readonly config: Config;
  readonly site: string;
  readonly version: number;
  /** What the id of a row is before and after its instant. */
  readonly idStart: string;
  readonly idEnd: string;
  /** First instant, in µs. */
  readonly origin: number;
  /** Distance of the instants, in µs. */
  readonly period: number;
  /** In the order of the configuration. */
  readonly columns: readonly Column[];

  /** @throws {ConfigError} If the period is not a positive integer, or the origin no integer. */
  constructor(config: Config, columns: readonly Column[]) {
    const { origin, period } = config;
    if (!(Number.isSafeInteger(period) && period > 0))
      throw new ConfigError("CONFIG", `period must be a positive integer in us, got ${period}`);
    if (!Number.isSafeInteger(origin))
      throw new ConfigError("CONFIG", `origin must be an integer in us, got ${origin}`);
    this.config = config;
    this.site = config.streams[0]?.site ?? "";
    this.version = config.version;
    this.idStart = `${this.site}:`;
    this.idEnd = `:${config.version}`;
    this.origin = origin;
    this.period = period;
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
