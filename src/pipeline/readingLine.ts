import type { Reading } from "../frames/Reading.ts";

/**
 * A reading as one JSON line, everything in it, every number in full: two runs that agree bit for bit
 * give the same bytes.
 */
export function readingLine(reading: Reading): string {
  return `${JSON.stringify(reading, (_key, value: unknown) =>
    value instanceof Float32Array ? Array.from(value) : value,
  )}\n`;
}
