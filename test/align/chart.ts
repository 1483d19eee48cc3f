import { Aligner } from "../../src/align/Aligner.ts";
import type { AlignerOptions } from "../../src/align/AlignerOptions.ts";
import type { Policy } from "../../src/align/Policy.ts";
import type { Cell, Frameset } from "../../src/frames/Frameset.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { micros, millis } from "../../src/units.ts";
import { dataRecord, describeStream, SITE } from "./scenario.ts";

/** Times in charts are milliseconds after the grid's origin. */
const ORIGIN = 1_000_000;

/** A frame of `stream` stamped `at`, in ms; its value is `at`. Arrives at once unless `arrival` is later. */
export function frame(
  stream: string,
  at: number,
  { arrival = at, epoch = 1, sequence = at + 100_000 } = {},
): LogRecord {
  return dataRecord(
    stream,
    [{ time: ORIGIN + at * 1_000, sequence, arrival: ORIGIN + arrival * 1_000, value: at }],
    epoch,
  );
}

export function heartbeat(stream: string, until: number, now = until): LogRecord {
  const at = { until: micros(ORIGIN + until * 1_000), logTime: micros(ORIGIN + now * 1_000) };
  return { kind: "HEARTBEAT", stream, ...at };
}

export function notice(kind: "IDLE" | "ACTIVE" | "CLOSED", stream: string, at = 0): LogRecord {
  return { kind, stream, logTime: micros(ORIGIN + at * 1_000) };
}

/** A configuration of the named streams, on a grid of 40 ms unless told otherwise. */
export function config(
  streams: readonly string[],
  { version = 1, origin = 0, period = 40, lateness = 0 } = {},
): LogRecord {
  return {
    kind: "CONFIG",
    logTime: micros(ORIGIN),
    version,
    origin: micros(ORIGIN + origin * 1_000),
    period: millis(period),
    streams: streams.map((stream) => describeStream(stream, lateness * 1_000)),
  };
}

/** An aligner that has its configuration. */
export function started(
  columns: Readonly<Record<string, Policy>>,
  options: Partial<AlignerOptions> = {},
  lateness = 0,
): Aligner {
  const aligner = new Aligner({ columns, skew: millis(1e6), ...options });
  aligner.push(config(Object.keys(columns), { lateness }));
  return aligner;
}

/**
 * A row in one line: `40: a=30,40 b~20 c-gap`.
 *
 * `=` real, `~` held, `/` interpolated, each with the values of its frames; `-` missing, with the reason.
 */
export function line({ time, cells }: Frameset): string {
  const parts = Object.entries(cells).map(([name, cell]) => `${name}${shown(cell)}`);
  return `${(time - ORIGIN) / 1_000}: ${parts.join(" ")}`;
}

function shown(cell: Cell): string {
  if (cell.presence === "missing") return `-${cell.reason}`;
  const values = new Float64Array(cell.payload.slice().buffer);
  return `${{ real: "=", held: "~", interpolated: "/" }[cell.presence]}${values.join(",")}`;
}

/** Pushes records one by one and says which rows each brought out: `["", "0: a=0"]`. */
export function outcomes(aligner: Aligner, records: readonly LogRecord[]): string[] {
  return records.map((record) => aligner.push(record).map(line).join("; "));
}

export { SITE };
