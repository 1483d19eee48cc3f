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
  /** First instant, in µs. */
  readonly origin: number;
  /** Distance of the instants, in µs. */
  readonly period: number;
  /** In the order of the configuration. */
  readonly columns: readonly Column[];
  /** The second of the row that was named last, and how its id begins. */
  #second = Number.NaN;
  #idStart = "";
  readonly #idEnd: string;

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
    this.#idEnd = `:${config.version}`;
    this.origin = origin;
    this.period = period;
    this.columns = columns;
  }

  /** The instant with this index. */
  at(index: number): number {
    return this.origin + index * this.period;
  }

  /** The id of the row at `time`: `site:time:version`. */
  idOf(time: number): string {
    const second = Math.floor(time / 1e6);
    if (second < 1) return `${this.site}:${time}${this.#idEnd}`;
    // A number of 16 digits costs V8 more to write than all else about a row; its second is mostly the last one's.
    if (second !== this.#second) {
      this.#second = second;
      this.#idStart = `${this.site}:${second}`;
    }
    const micros = time - second * 1e6;
    const millis = Math.floor(micros / 1e3);
    return `${this.#idStart}${DIGITS[millis]}${DIGITS[micros - millis * 1e3]}${this.#idEnd}`;
  }

  /** Index of the first instant after `time`, ≥ 0. */
  indexAfter(time: number): number {
    return Math.max(0, Math.floor((time - this.origin) / this.period) + 1);
  }
}

/** 000 to 999. */
const DIGITS = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, "0"));
