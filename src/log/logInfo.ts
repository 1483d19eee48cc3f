import type { Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { Micros } from "../units.ts";
import { fileMetadata } from "./fileMetadata.ts";
import type { LogRecord } from "./LogRecord.ts";
import { type LogSource, openLog } from "./LogSource.ts";
import { readLog } from "./readLog.ts";
import { filesOf } from "./segments.ts";

/** What a log holds of one stream. */
export interface StreamInfo {
  readonly frames: number;
  /** DATA records that carry them. */
  readonly chunks: number;
  readonly bytes: number;
  /** Smallest and largest origin time. */
  readonly from: Micros;
  readonly to: Micros;
  /** From the first configuration that names it; absent if none does. */
  readonly description?: StreamDescription;
}

/** What a log holds. */
export interface LogInfo {
  /** The recording's own metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether the file was closed; if not, it is still being written or wants `recoverLog`. */
  readonly closed: boolean;
  /** Bytes of its files. */
  readonly bytes: number;
  /** Segments there are; 1 where the log is one file. */
  readonly files: number;
  /** How many records there are of each kind. */
  readonly records: Readonly<Partial<Record<LogRecord["kind"], number>>>;
  /** First and last log time; absent in an empty log. */
  readonly from?: Micros;
  readonly to?: Micros;
  readonly streams: Readonly<Record<string, StreamInfo>>;
  /** What is known to have happened, in the order of the records. */
  readonly labels: readonly Label[];
}

/**
 * Reads a log once and says what it holds.
 *
 * @param source Of a folder of segments all of them count, what their starts restate once.
 * @throws {LogError} If the file cannot be opened, is no log, or a chunk is damaged.
 */
export async function logInfo(source: LogSource): Promise<LogInfo> {
  const { metadata, closed } = await fileMetadata(source);
  const files = await filesOf(source);
  let bytes = 0;
  for (const file of files) {
    await using opened = await openLog(file);
    bytes += await opened.size();
  }
  const records: Partial<Record<LogRecord["kind"], number>> = {};
  const streams: Record<string, StreamInfo> = {};
  const descriptions = new Map<string, StreamDescription>();
  const labels: Label[] = [];
  let from: Micros | undefined;
  let to: Micros | undefined;
  for await (const record of readLog(source)) {
    records[record.kind] = (records[record.kind] ?? 0) + 1;
    from ??= record.logTime;
    to = record.logTime;
    if (record.kind === "LABEL") labels.push(record.label);
    if (record.kind === "CONFIG")
      for (const description of record.streams)
        if (!descriptions.has(description.stream))
          descriptions.set(description.stream, description);
    if (record.kind === "DATA")
      streams[record.chunk.stream] = grown(streams[record.chunk.stream], record.chunk);
  }
  for (const [stream, description] of descriptions) {
    const info = streams[stream];
    if (info !== undefined) streams[stream] = { ...info, description };
  }
  const span = from === undefined || to === undefined ? {} : { from, to };
  return { metadata, closed, bytes, files: files.length, records, ...span, streams, labels };
}

function grown(
  info: StreamInfo | undefined,
  chunk: Extract<LogRecord, { kind: "DATA" }>["chunk"],
): StreamInfo {
  let from = info?.from;
  let to = info?.to;
  for (const time of chunk.originTimes) {
    if (from === undefined || time < from) from = time;
    if (to === undefined || time > to) to = time;
  }
  return {
    frames: (info?.frames ?? 0) + chunk.originTimes.length,
    chunks: (info?.chunks ?? 0) + 1,
    bytes: (info?.bytes ?? 0) + chunk.payload.byteLength,
    from: from ?? chunk.arrivalTime,
    to: to ?? chunk.arrivalTime,
  };
}
