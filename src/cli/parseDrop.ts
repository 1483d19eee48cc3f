import { InvalidArgumentError } from "commander";

import type { Drop } from "../pipeline/DropSchedule.ts";
import { seconds } from "../units.ts";

/**
 * Reads `audio@4s-8s`; the unit `s` may be left out, fractions are allowed.
 *
 * @throws {InvalidArgumentError} If the text has another form or ends before it begins.
 */
export function parseDrop(text: string): Drop {
  const match = /^([A-Za-z0-9._-]+)@(\d+(?:\.\d+)?)s?-(\d+(?:\.\d+)?)s?$/.exec(text);
  const [, stream, from, to] = match ?? [];
  if (stream === undefined || from === undefined || to === undefined)
    throw new InvalidArgumentError(`expected STREAM@FROMs-TOs like audio@4s-8s, got ${text}`);
  if (Number(to) <= Number(from))
    throw new InvalidArgumentError(`expected the end after the start, got ${text}`);
  return { stream, from: seconds(Number(from)), to: seconds(Number(to)) };
}
