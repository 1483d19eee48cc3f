/**
 * The units of every quantity that crosses a boundary, as brands over `number`.
 *
 * A branded number costs nothing at run time and stops a rate from being passed as a duration. Inside
 * a hot loop a plain number whose name ends in its unit (`skewUs`) is fine.
 */

declare const unit: unique symbol;
type Quantity<Unit extends string> = number & { readonly [unit]: Unit };

/**
 * Integer microseconds: an instant since the Unix epoch, or a duration.
 *
 * A JavaScript number holds every such instant exactly until the year 2255.
 */
export type Micros = Quantity<"us">;

/** Events per second. */
export type Hertz = Quantity<"Hz">;

/** A count of bytes. */
export type Bytes = Quantity<"B">;

/** `value` microseconds, rounded to an integer. */
export function micros(value: number): Micros {
  return Math.round(value) as Micros;
}

/** `value` milliseconds as microseconds. */
export function millis(value: number): Micros {
  return Math.round(value * 1_000) as Micros;
}

/** `value` seconds as microseconds. */
export function seconds(value: number): Micros {
  return Math.round(value * 1_000_000) as Micros;
}

/** `value` events per second. */
export function hertz(value: number): Hertz {
  return value as Hertz;
}

/** `value` bytes. */
export function bytes(value: number): Bytes {
  return value as Bytes;
}

/**
 * A count with what is counted, for people: "1 record", "2 records".
 *
 * @param many What more than one, or none, are called where an `s` does not do: "classes", "lines were".
 */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Length of one period of `rate`, in microseconds, not rounded: add n of them before rounding. */
export function periodUs(rate: Hertz): number {
  return 1_000_000 / rate;
}

/** A duration in milliseconds, for people and for Node's timers. */
export function toMillis(duration: Micros): number {
  return duration / 1_000;
}

/** A duration in seconds, for people and for plots. */
export function toSeconds(duration: Micros): number {
  return duration / 1_000_000;
}
