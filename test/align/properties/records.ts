import type { UnusedFrame } from "../../../src/align/UnusedFrame.ts";
import { borrowNumbers } from "../../../src/frames/DType.ts";
import type { Cell, Frameset } from "../../../src/frames/Frameset.ts";
import type { LogRecord } from "../../../src/log/LogRecord.ts";
import { micros } from "../../../src/units.ts";
import { byArrival, configRecord, merged, type Scenario, singly } from "../scenario.ts";

/** A scenario as a log: each stream in its own order, the streams mixed as the seed says. */
export function mixedLog(scenario: Scenario, seed: number): LogRecord[] {
  const queues = scenario.streams.map(({ records }) => records);
  return [configRecord(scenario), ...merged(queues, seed)];
}

/** A scenario as a log in order of arrival. */
export function arrivalLog(scenario: Scenario, streams = scenario.streams): LogRecord[] {
  return [configRecord(scenario), ...byArrival(streams.map(({ records }) => records))];
}

/** The numbers in a cell; none if it is missing. */
export function valuesOf(cell: Cell | undefined): readonly number[] {
  if (cell === undefined || cell.presence === "missing") return [];
  return [...borrowNumbers(cell.payload, "f64")];
}

/** The frames that a record brings to a stream, of records with one frame each. */
export function framesOfStream(
  record: LogRecord,
  name: string,
): { readonly time: number; readonly value: number }[] {
  if (record.kind !== "DATA" || record.chunk.stream !== name) return [];
  const [value = Number.NaN] = borrowNumbers(record.chunk.payload, "f64");
  return [{ time: record.chunk.originTimes[0] ?? Number.NaN, value }];
}

/** Whether a record of one frame carried this one: what `singly` made keeps the payload's place. */
export function carried(record: LogRecord, frame: UnusedFrame): boolean {
  if (record.kind !== "DATA") return false;
  const { payload } = record.chunk;
  return (
    payload.buffer === frame.payload.buffer &&
    payload.byteOffset === frame.payload.byteOffset &&
    payload.byteLength === frame.payload.byteLength
  );
}

/** The records less the frames at these times. */
export function without(records: readonly LogRecord[], times: ReadonlySet<number>): LogRecord[] {
  return records.flatMap(singly).filter((record) => {
    if (record.kind === "DATA") return !times.has(record.chunk.originTimes[0] ?? 0);
    return true;
  });
}

/** The record with values on a line. */
export function affine(record: LogRecord, line: (time: number) => number): LogRecord {
  if (record.kind !== "DATA") return record;
  const payload = new Uint8Array(Float64Array.from(record.chunk.originTimes, line).buffer);
  return { ...record, chunk: { ...record.chunk, payload } };
}

/** The record as it would be, had everything happened later. */
export function later(record: LogRecord, by: number): LogRecord {
  const moved = { ...record, logTime: micros(record.logTime + by) };
  if (moved.kind === "HEARTBEAT") return { ...moved, until: micros(moved.until + by) };
  if (moved.kind === "CONFIG") return { ...moved, origin: micros(moved.origin + by) };
  if (moved.kind !== "DATA") return moved;
  const { originTimes, arrivalTime } = moved.chunk;
  const chunk = {
    ...moved.chunk,
    originTimes: originTimes.map((time) => micros(time + by)),
    arrivalTime: micros(arrivalTime + by),
  };
  return { ...moved, chunk };
}

/** The row as it would be, had everything happened later. */
export function laterRow(row: Frameset, by: number): Frameset {
  const time = micros(row.time + by);
  const cells = Object.fromEntries(
    Object.entries(row.cells).map(([name, cell]) => {
      if (cell.presence === "missing") return [name, cell];
      const originTime = micros(cell.originTime + by);
      return [name, { ...cell, originTime, arrivalTime: micros(cell.arrivalTime + by) }];
    }),
  );
  return { ...row, id: `${row.site}:${time}:${row.config}`, time, cells };
}

/** The record as a publisher with a wrong clock would have sent it, at the same moment. */
export function misdated(record: LogRecord, offset: number): LogRecord {
  if (record.kind === "HEARTBEAT") return { ...record, until: micros(record.until + offset) };
  if (record.kind !== "DATA") return record;
  const originTimes = record.chunk.originTimes.map((time) => micros(time + offset));
  return { ...record, chunk: { ...record.chunk, originTimes } };
}

/** Gives every frame a sequence of its own, so that only what is sent again is a repetition. */
export function renumbered(): (record: LogRecord) => LogRecord {
  let next = 0;
  return (record) => {
    if (record.kind !== "DATA") return record;
    const firstSequence = next;
    next += record.chunk.originTimes.length;
    return { ...record, chunk: { ...record.chunk, firstSequence } };
  };
}

/** The same message, come in again later. */
export function redelivered(record: LogRecord, now: number): LogRecord {
  const logTime = micros(now);
  if (record.kind !== "DATA") return record;
  return { ...record, logTime, chunk: { ...record.chunk, arrivalTime: logTime } };
}
