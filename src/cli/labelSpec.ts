import { InvalidArgumentError } from "commander";

import { type TimeIn, timeIn } from "./timeIn.ts";

/** A label as a person writes it: `clap@1.2s-1.8s`. */
export interface LabelSpec {
  /** Empty where any will do. */
  readonly label: string;
  readonly from: TimeIn;
  readonly to: TimeIn;
}

/** Which labels a person means: `clap`, `clap@1.5s`, `@1s-2s`. */
export interface LabelChoice {
  readonly label: string;
  /** Those that lie in part within; all of the name unless given. */
  readonly from?: TimeIn;
  readonly to?: TimeIn;
}

/**
 * Reads `LABEL@FROM-TO`, both seconds from the recording's start or dates.
 *
 * @throws {InvalidArgumentError} If it is none of that form, or ends before it begins.
 */
export function parseLabel(text: string): LabelSpec {
  const { label, from, to } = parse(text);
  if (label === "" || from === undefined || to === undefined) throw wrong(text);
  return { label, from, to };
}

/**
 * Reads `LABEL`, `LABEL@TIME`, `LABEL@FROM-TO` or `@FROM-TO`.
 *
 * @throws {InvalidArgumentError} If it is none of that form.
 */
export function parseLabelChoice(text: string): LabelChoice {
  const { label, from, to = from } = parse(text);
  if (label === "" && from === undefined) throw wrong(text);
  return { label, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function parse(text: string): { label: string; from?: TimeIn; to?: TimeIn } {
  const at = text.lastIndexOf("@");
  if (at < 0) return { label: text };
  const label = text.slice(0, at);
  const times = text.slice(at + 1);
  // A date holds dashes itself.
  const dates = /^(\d{4}-.*?Z)-(\d{4}-.*Z)$/.exec(times) ?? /^([\d.]+s?)-([\d.]+s?)$/.exec(times);
  if (dates === null) return { label, from: timeIn(times) };
  const [, first = "", last = ""] = dates;
  const [from, to] = [timeIn(first), timeIn(last)];
  const zero = 0 as Parameters<TimeIn>[0];
  if (!(to(zero) > from(zero))) throw wrong(text);
  return { label, from, to };
}

function wrong(text: string): InvalidArgumentError {
  return new InvalidArgumentError(`expected LABEL@FROM-TO like clap@1.2s-1.8s, got ${text}`);
}
