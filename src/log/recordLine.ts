import { LogError } from "../errors.ts";
import { type Micros, micros } from "../units.ts";
import { decoderOf } from "./decodeRecord.ts";
import { encodeRecord } from "./encodeRecord.ts";
import { channelOf } from "./LogChannel.ts";
import type { LogRecord } from "./LogRecord.ts";

/** A record as one line of JSON, without its line end: its channel as in the file, its message in base64. */
export function recordLine(record: LogRecord): string {
  const { topic, metadata } = channelOf(record);
  const message = Buffer.from(encodeRecord(record)).toString("base64");
  return JSON.stringify({
    ...{ logTime: record.logTime, topic, metadata: Object.fromEntries(metadata) },
    message,
  });
}

/**
 * The record that `recordLine` made the line of.
 *
 * @throws {LogError} If it is none.
 */
export function recordOfLine(line: string): LogRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new LogError("record", "expected a line of JSON, got something else", { cause });
  }
  const { logTime, topic, metadata, message } = Object(value) as Record<string, unknown>;
  const isRecord =
    typeof topic === "string" && typeof message === "string" && Number.isSafeInteger(logTime);
  const decode = isRecord
    ? decoderOf(topic, new Map(Object.entries(Object(metadata) as Record<string, string>)))
    : undefined;
  if (decode === undefined || !isRecord)
    throw new LogError("record", `expected a record, got ${line.slice(0, 80)}`);
  return decode(new Uint8Array(Buffer.from(message, "base64")), micros(logTime as Micros));
}
