import { InvalidArgumentError } from "commander";

import type { Micros } from "../units.ts";

/** What a person calls a row. */
export interface RowName {
  /** As it was typed. */
  readonly text: string;
  /** Whether a row of a grid is meant. */
  fits(
    row: { readonly time: Micros; readonly index: number; readonly config: number },
    grid: { readonly origin: Micros; readonly period: Micros },
  ): boolean;
}

/**
 * Reads a row's name: its id `site:time:config`, its index `#42`, or when it is, `12.3s` from the start
 * of its grid (the nearest row to it).
 *
 * @throws {InvalidArgumentError} If the text has another form.
 */
export function parseRow(text: string): RowName {
  const [, time, config] = /^[A-Za-z0-9._-]+:(\d+):(\d+)$/.exec(text) ?? [];
  if (time !== undefined)
    return {
      text,
      fits: (row) => row.time === Number(time) && row.config === Number(config),
    };
  const [, index] = /^#(\d+)$/.exec(text) ?? [];
  if (index !== undefined) return { text, fits: (row) => row.index === Number(index) };
  const [, offset] = /^(\d+(?:\.\d+)?)s$/.exec(text) ?? [];
  if (offset !== undefined)
    return {
      text,
      fits: (row, { period }) => row.index === Math.round((Number(offset) * 1e6) / period),
    };
  throw new InvalidArgumentError(`expected a row's id, an index #42 or a time 12.3s, got ${text}`);
}
