/** What a column's cells are: `time` is an instant in µs since the Unix epoch. */
export type ColumnType = "time" | "number" | "integer" | "text";

/** One column of a table. */
export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** For people: `s`, `m/s²`. */
  readonly unit?: string;
}

/** One cell; null where nothing is known. */
export type TableCell = number | string | null;

/** Rows of named columns, given one after the other. */
export interface Table {
  readonly columns: readonly TableColumn[];
  /** Cells in the order of the columns; borrowed until the next row is asked for. */
  readonly rows: AsyncIterable<readonly TableCell[]>;
}
