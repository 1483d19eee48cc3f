import type { ResultTable } from "./resultTables.ts";

/** More columns than this do not fit a page. */
const MOST_COLUMNS = 9;

/**
 * A table as Markdown: mean ± deviation over the seeds, three places; turned on its side where it would
 * be too wide.
 *
 * @param nameOf What a variant is called in the table.
 */
export function markdownTable(table: ResultTable, nameOf: (variant: string) => string): string {
  const { inputs, variants, cells } = table;
  const text = cells.map((row) =>
    row.map((cell) => {
      if (cell === undefined) return "";
      const spread = cell.std > 0 ? ` ± ${cell.std.toFixed(3)}` : "";
      return `${cell.mean.toFixed(3)}${spread}`;
    }),
  );
  const isWide = inputs.length > MOST_COLUMNS && variants.length < inputs.length;
  return isWide
    ? lay(
        variants.map(nameOf),
        inputs.map((input, i) => [input, ...text.map((row) => row[i] ?? "")]),
      )
    : lay(
        inputs,
        variants.map((variant, i) => [nameOf(variant), ...(text[i] ?? [])]),
      );
}

function lay(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(["", ...titles]), line(["---", ...titles.map(() => "--:")]), ...rows.map(line)].join(
    "\n",
  );
}
