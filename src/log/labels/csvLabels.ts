import { parse } from "csv-parse/sync";

import { ConfigError } from "../../errors.ts";
import type { LabelLine } from "./LabelLine.ts";

/** What the columns are called here and elsewhere; ELAN's export says begin, end, annotation and tier. */
const NAMES = {
  from: ["from", "begin", "begin time", "start", "onset"],
  to: ["to", "end", "end time", "stop", "offset"],
  label: ["label", "annotation", "text", "value"],
  slot: ["slot", "tier", "kind"],
} as const;

/** Labels as a table: `from,to,label,slot`, seconds. */
export function formatCsvLabels(labels: readonly LabelLine[]): string {
  const rows = labels.map(({ label, slot, from, to }) =>
    [from.toFixed(6), to.toFixed(6), quoted(label), quoted(slot)].join(","),
  );
  return `${["from,to,label,slot", ...rows].join("\n")}\n`;
}

/**
 * Labels from a table with a head, apart by commas, semicolons or tabs: our own, or ELAN's tab-delimited
 * export with column names. Times are seconds or `hh:mm:ss.mmm`.
 *
 * @returns The labels, and the rows that are none.
 * @throws {ConfigError} If the head names no onset, end or label, or quotes do not match.
 */
export function labelsOfCsv(text: string): {
  readonly labels: readonly LabelLine[];
  readonly wrong: readonly string[];
} {
  const [head = "", ...rows] = rowsOf(text);
  if (!Array.isArray(head))
    throw new ConfigError("labels", "expected a table with a head, got none");
  const names = head.map((name) => name.toLowerCase());
  const place = (column: keyof typeof NAMES): number =>
    NAMES[column].map((name) => names.indexOf(name)).find((found) => found >= 0) ?? -1;
  const [from, to, label, slot] = [place("from"), place("to"), place("label"), place("slot")];
  if (from < 0 || to < 0 || label < 0)
    throw new ConfigError("labels", `expected columns from, to and label, got ${head.join(", ")}`);
  const labels: LabelLine[] = [];
  const wrong: string[] = [];
  for (const row of rows) {
    const [start, end] = [timeOf(row[from]), timeOf(row[to])];
    const said = row[label]?.trim() ?? "";
    if (!(start >= 0) || !(end >= start) || said === "") wrong.push(row.join(","));
    else labels.push({ label: said, slot: row[slot]?.trim() ?? "", from: start, to: end });
  }
  return { labels, wrong };
}

function rowsOf(text: string): string[][] {
  const [first = ""] = text.split("\n", 1);
  const delimiter = ["\t", ";", ","].find((candidate) => first.includes(candidate)) ?? ",";
  try {
    return parse(text, {
      delimiter,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    });
  } catch (cause) {
    throw new ConfigError("labels", `expected a table, got ${String(cause)}`, { cause });
  }
}

/** Seconds, or hours, minutes and seconds apart by colons; NaN else. */
function timeOf(text = ""): number {
  if (text.trim() === "") return Number.NaN;
  const micros = text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1e6;
  return Math.round(micros) / 1e6;
}

function quoted(text: string): string {
  return /[",\n;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
