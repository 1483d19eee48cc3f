import { ConfigError, type Micros, micros, type SensorSettings } from "../../src/sensing.ts";

const UNITS = { s: 1e6, ms: 1e3, us: 1, iso: 0 } as const;

/** How rows say when they were measured. */
export interface RowStamps {
  /** Name of the column or field with the time; absent where rows do not say. */
  readonly field?: string;
  /** A time in µs. @returns undefined for what is none. */
  read(value: unknown): Micros | undefined;
  /** Whether times are since the Unix epoch; else they count from an instant of the source's own. */
  readonly isEpoch: boolean;
  /** The time that the start of a replay stands for, in µs; the first row's unless given. */
  readonly zero?: Micros;
}

/**
 * The options that say how rows are timed: `time`, the field that holds it; `timeUnit`, `s`, `ms`, `us` or
 * `iso` (s); `timeFrom`, `epoch`, the Unix epoch, or `start`, an instant of the source's own (epoch);
 * `zero`, the time in that unit that falls on the start of a replay (the first row's).
 *
 * @throws {ConfigError} If one is out of range.
 */
export function rowStamps(settings: SensorSettings): RowStamps {
  const field = settings.has("time") ? settings.text("time") : undefined;
  const unit = settings.choice("timeUnit", ["s", "ms", "us", "iso"], "s");
  const isEpoch = settings.choice("timeFrom", ["epoch", "start"], "epoch") === "epoch";
  if (unit === "iso" && !isEpoch)
    throw new ConfigError("timeFrom", "expected epoch for times of unit iso, got start");
  const read = (value: unknown): Micros | undefined => {
    const number = unit === "iso" ? Date.parse(String(value)) * 1e3 : numberOf(value) * UNITS[unit];
    const rounded = Math.round(number);
    return Number.isSafeInteger(rounded) && rounded >= 0 ? micros(rounded) : undefined;
  };
  const told = settings.has("zero") ? settings.text("zero") : undefined;
  const zero = told === undefined ? undefined : read(told);
  if (told !== undefined && zero === undefined)
    throw new ConfigError("zero", `expected a time in ${unit}, got ${told}`);
  return {
    ...(field !== undefined && { field }),
    ...(zero !== undefined && { zero }),
    isEpoch,
    read,
  };
}

/** A number, or text that is one; NaN else. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}
