import { ConfigError, type SensorKind, SensorSettings } from "../src/sensing.ts";
import { fieldAt, numbersAt } from "./lines/jsonFields.ts";
import { lineSource } from "./lines/lineSource.ts";
import { type ParsedLine, rowFrames, rowPace } from "./lines/rowFrames.ts";
import { rowStamps } from "./lines/rowStamps.ts";
import { rowsOffer } from "./streams/usualStreams.ts";

/**
 * Numbers from lines of JSON: a file, a growing file, standard input, a socket or a serial line.
 *
 * Options: where from, see `lineSource`; when, see `rowStamps`; `fields`, a list of paths (`acc.x`, `0`),
 * each a number or a list of numbers. The numbers of a line together are one frame; an absent one is NaN.
 */
export const jsonLines: SensorKind = {
  name: "jsonLines",
  summary: "Reads numbers from lines of JSON: a file, standard input, a socket or a serial line.",
  offers: async (options) => rowsOffer("jsonLines", options["fields"], options),
  probe: async () => ({
    works: true,
    detail: "reads files, standard input, sockets, serial lines",
  }),
  create(options) {
    const settings = new SensorSettings("jsonLines", options);
    const source = lineSource(settings);
    const stamps = rowStamps(settings);
    const fields = settings.texts("fields");
    settings.end();
    if (fields.length === 0) throw new ConfigError("jsonLines", "expected option fields, got none");
    const plan = {
      where: "jsonLines",
      source,
      stamps,
      parser: () => (line: string) => parseObject(line, fields, stamps.field),
    };
    return { pace: rowPace(plan), frames: (context) => rowFrames(plan, context) };
  },
};

/** The numbers of one line of JSON. */
function parseObject(
  line: string,
  fields: readonly string[],
  time: string | undefined,
): ParsedLine {
  if (line.trim() === "") return "none";
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "wrong";
  }
  if (typeof value !== "object" || value === null) return "wrong";
  return {
    time: time === undefined ? undefined : fieldAt(value, time),
    numbers: numbersAt(value, fields),
  };
}
