import { parse } from "csv-parse/sync";

import { ConfigError, type SensorKind, SensorSettings } from "../src/sensing.ts";
import { lineSource } from "./lines/lineSource.ts";
import { type ParsedLine, rowFrames, rowPace } from "./lines/rowFrames.ts";
import { numberOf, rowStamps } from "./lines/rowStamps.ts";
import { tableOffer } from "./lines/tableOffer.ts";

/** What a table's lines look like. */
interface TableForm {
  /** Columns wanted, by name or by place from 0; all but the time where none are named. */
  readonly columns: readonly string[];
  readonly time: string | undefined;
  readonly delimiter: string;
  readonly hasHead: boolean;
}

/**
 * Rows of numbers from a table: a file, a growing file, standard input, a socket or a serial line.
 *
 * Options: where from, see `lineSource`; when, see `rowStamps`; `columns`, a list of names or places from 0
 * (all but the time); `delimiter` (`,`); `head`, `yes` or `no`, whether the first line names the columns
 * (yes). The stream is of numbers; a row's count of numbers is the stream's. An empty cell is NaN.
 */
export const csv: SensorKind = {
  name: "csv",
  summary: "Reads rows of a table (CSV) from a file, standard input, a socket or a serial line.",
  probe: async () => ({
    works: true,
    detail: "reads files, standard input, sockets, serial lines",
  }),
  argument: "source",
  offers: tableOffer,
  create(options) {
    const settings = new SensorSettings("csv", options);
    const source = lineSource(settings);
    const stamps = rowStamps(settings);
    const form: TableForm = {
      columns: settings.texts("columns"),
      time: stamps.field,
      delimiter: settings.text("delimiter", ","),
      hasHead: settings.choice("head", ["yes", "no"], "yes") === "yes",
    };
    settings.end();
    if (!form.hasHead && [...form.columns, ...(form.time ? [form.time] : [])].some(isNoPlace))
      throw new ConfigError("csv", "expected columns by place, 0, 1, ..., where there is no head");
    const plan = { where: "csv", source, stamps, parser: () => tableParser(form) };
    return { pace: rowPace(plan), frames: (context) => rowFrames(plan, context) };
  },
};

/** A parser of one table's lines, one after the other. */
export function tableParser({
  columns,
  time,
  delimiter,
  hasHead,
}: TableForm): (line: string) => ParsedLine {
  let places: { readonly time: number; readonly values: readonly number[] } | undefined;
  return (line) => {
    if (line.trim() === "" || line.startsWith("#")) return "none";
    const cells = cellsOf(line, delimiter);
    if (cells === undefined) return "wrong";
    if (places === undefined) {
      const names = hasHead ? cells : cells.map((_, place) => String(place));
      const placeOf = (name: string): number => {
        const place =
          names.indexOf(name) >= 0 ? names.indexOf(name) : isNoPlace(name) ? -1 : Number(name);
        if (place < 0 || place >= names.length)
          throw new ConfigError("csv", `expected column ${name} among ${names.join(", ")}`);
        return place;
      };
      const at = time === undefined ? -1 : placeOf(time);
      const values =
        columns.length > 0
          ? columns.map(placeOf)
          : names.map((_, place) => place).filter((place) => place !== at);
      places = { time: at, values };
      if (hasHead) return "none";
    }
    const { time: at, values } = places;
    if (values.some((place) => place >= cells.length)) return "wrong";
    return { time: cells[at], numbers: values.map((place) => numberOf(cells[place])) };
  };
}

/** A line's cells; undefined where its quotes do not match. */
function cellsOf(line: string, delimiter: string): readonly string[] | undefined {
  try {
    const [cells]: string[][] = parse(line, { delimiter, trim: true, relax_column_count: true });
    return cells ?? [];
  } catch {
    return undefined;
  }
}

function isNoPlace(name: string): boolean {
  return !/^\d+$/.test(name);
}
