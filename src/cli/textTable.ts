/** How one column of a table is laid out. */
export interface TableColumn {
  readonly title: string;
  /** Numbers line up on the right. */
  readonly align?: "left" | "right";
}

/**
 * Rows of text in columns, as wide as their widest cell, two spaces apart.
 *
 * @param columns One per cell of each row.
 * @param paint Colours a padded cell; colour codes have no width, so padding comes first.
 * @returns Lines, the titles first, without line ends or trailing spaces.
 */
export function textTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  paint: (cell: string, row: number, column: number) => string = (cell) => cell,
): string[] {
  const widths = columns.map(({ title }, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lay = (cells: readonly string[], row: number): string =>
    columns
      .map(({ align }, column) => {
        const cell = cells[column] ?? "";
        const width = widths[column] ?? 0;
        const isLast = column === columns.length - 1;
        const padded =
          align === "right" ? cell.padStart(width) : isLast ? cell : cell.padEnd(width);
        return row < 0 ? padded : paint(padded, row, column);
      })
      .join("  ")
      .trimEnd();
  return [
    lay(
      columns.map(({ title }) => title),
      -1,
    ),
    ...rows.map(lay),
  ];
}
