import type { LogRecord } from "./LogRecord.ts";

/** The stream that a record is about; undefined for those about all of them. */
export function recordStream(record: LogRecord): string | undefined {
  if (record.kind === "DATA") return record.chunk.stream;
  return "stream" in record ? record.stream : undefined;
}
