import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";

import { ConfigError } from "../errors.ts";
import type { Table, TableCell, TableColumn } from "./Table.ts";

/** Rows that a Parquet file holds together. */
const GROUP_ROWS = 10_000;

/** Whether a table can be written under this name. */
export function isTableFile(path: string): boolean {
  return /\.(csv|parquet)$/i.test(path);
}

/**
 * Writes a table as CSV or Parquet, as the name's ending says; beside its place first, then put there.
 *
 * CSV has a head; times are ISO 8601 to the microsecond, empty cells are not known. Parquet has times as
 * TIMESTAMP in µs, UTC.
 *
 * @param signal Gives up; nothing is left behind.
 * @returns Rows written.
 * @throws {ConfigError} If the ending is neither.
 * @throws The signal's reason, when it aborts.
 */
export async function writeTable(
  path: string,
  table: Table,
  signal?: AbortSignal,
): Promise<number> {
  if (!isTableFile(path))
    throw new ConfigError(path, "expected a table, .csv or .parquet, got another ending");
  const part = `${path}.part`;
  const counted = { rows: 0 };
  const pieces = /\.csv$/i.test(path) ? csvPieces(table, counted) : parquetPieces(table, counted);
  try {
    const from = Readable.from(pieces, { objectMode: true });
    await pipeline(from, createWriteStream(part), { ...(signal !== undefined && { signal }) });
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    signal?.throwIfAborted();
    throw cause;
  }
  return counted.rows;
}

async function* csvPieces(
  { columns, rows }: Table,
  counted: { rows: number },
): AsyncGenerator<string> {
  yield `${columns.map(({ name }) => quoted(name)).join(",")}\n`;
  let piece = "";
  for await (const row of rows) {
    counted.rows++;
    piece += `${row.map((cell, at) => textOf(cell, columns[at])).join(",")}\n`;
    if (piece.length < 65_536) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function textOf(cell: TableCell, column: TableColumn | undefined): string {
  if (cell === null || Number.isNaN(cell)) return "";
  if (typeof cell === "string") return quoted(cell);
  return column?.type === "time" ? isoMicros(cell) : String(cell);
}

/** An instant as `2026-01-31T12:00:00.123456Z`. */
export function isoMicros(time: number): string {
  const seconds = Math.floor(time / 1e6);
  const fraction = String(time - seconds * 1e6).padStart(6, "0");
  return `${new Date(seconds * 1e3).toISOString().slice(0, 19)}.${fraction}Z`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function* parquetPieces(
  { columns, rows }: Table,
  counted: { rows: number },
): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    createdBy: "sensorium",
    schema: [
      { name: "root", num_children: columns.length, repetition_type: "REQUIRED" as const },
      ...columns.map((column) => ({
        ...{ name: column.name, repetition_type: "OPTIONAL" as const },
        ...PARQUET[column.type],
      })),
    ],
  });
  let group: TableCell[][] = columns.map(() => []);
  const flush = (): void => {
    const columnData = columns.map(
      ({ name, type }, at): ColumnSource => ({
        name,
        data: (group[at] ?? []).map((cell) => parquetCell(cell, type)),
      }),
    );
    void parquet.write({ columnData, rowGroupSize: GROUP_ROWS });
    group = columns.map(() => []);
  };
  for await (const row of rows) {
    counted.rows++;
    for (const [at, cell] of row.entries()) group[at]?.push(cell);
    if ((group[0]?.length ?? 0) >= GROUP_ROWS) flush();
  }
  if ((group[0]?.length ?? 0) > 0 || counted.rows === 0) flush();
  void parquet.finish();
  // Places in the file are counted from its start, so it is handed over whole.
  yield writer.getBytes();
}

const PARQUET = {
  time: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
  number: { type: "DOUBLE" },
  integer: { type: "INT64" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
} as const;

function parquetCell(cell: TableCell, type: TableColumn["type"]): unknown {
  if (cell === null) return undefined;
  if (typeof cell === "number" && (type === "time" || type === "integer"))
    return BigInt(Math.round(cell));
  return cell;
}
