import { InvalidArgumentError } from "commander";

import { type Bytes, bytes, type Micros, seconds } from "../units.ts";

const SIZES: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

const TIMES: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * A size as a person writes it: `500MB`, `64MiB`, `2G`, or bytes.
 *
 * @throws {InvalidArgumentError} If it is none, or not > 0.
 */
export function parseSize(text: string): Bytes {
  const [, amount, unit = ""] = /^([\d.]+) ?([kKMGT]i?)?B?$/.exec(text) ?? [];
  const value = Number(amount) * (SIZES[unit] ?? SIZES[unit.replace("K", "k")] ?? Number.NaN);
  if (!(value >= 1)) throw new InvalidArgumentError(`expected a size like 500MB, got ${text}`);
  return bytes(Math.round(value));
}

/**
 * A time as a person writes it: `90s`, `10m`, `12h`, `7d`, or seconds.
 *
 * @throws {InvalidArgumentError} If it is none, or not > 0.
 */
export function parseTime(text: string): Micros {
  const [, amount, unit = ""] = /^([\d.]+) ?([smhd])?$/.exec(text) ?? [];
  const value = seconds(Number(amount) * (TIMES[unit] ?? Number.NaN));
  if (!(value > 0)) throw new InvalidArgumentError(`expected a time like 10m, got ${text}`);
  return value;
}
