import type { UsualStream } from "../../src/sensing.ts";
import { seconds } from "../../src/sensing.ts";

/**
 * The stream of rows with these fields, as things happen: one double each.
 *
 * @param fields A list of names; undefined where it is none, since then a row may be of any length.
 */
export function numbersStream(fields: unknown): UsualStream | undefined {
  if (!Array.isArray(fields) || fields.length === 0) return undefined;
  return {
    ...{ modality: "sensor", dtype: "f64", shape: [fields.length], rate: "irregular" },
    idleTimeout: seconds(2),
  };
}
