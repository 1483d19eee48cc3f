import type { LogRecord } from "./LogRecord.ts";

/** Kinds of record that are about one stream. */
type StreamKind = "HEARTBEAT" | "IDLE" | "ACTIVE" | "CLOSED" | "CLOCK";

/** Name of the encoding of DATA messages: a fixed little-endian header, then the frames. */
export const CHUNK_ENCODING = "sensorium.chunk";

/** Name of the encoding of CHECKPOINT messages; see `packValue`. */
export const PACKED_ENCODING = "sensorium.packed";

/**
 * A channel of the log file: all its messages are records of one kind, about one stream.
 *
 * DATA channels also fix what all chunks on them have in common, so that a message need not repeat it.
 */
export interface LogChannel {
  readonly topic: string;
  readonly messageEncoding: typeof CHUNK_ENCODING | typeof PACKED_ENCODING | "json";
  /** For the reader: `kind`, and for DATA `site`, `stream`, `dtype` and `shape`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Tells channels apart: equal for two records exactly if `channelOf` is. */
export function channelKey(record: LogRecord): string {
  if (record.kind !== "DATA") return `${record.kind} ${streamOf(record)}`;
  const { site, stream, dtype, shape } = record.chunk;
  return `DATA ${site} ${stream} ${dtype} ${shape.join()}`;
}

/** The channel that a record belongs on. */
export function channelOf(record: LogRecord): LogChannel {
  const { kind } = record;
  const topic = `/${streamOf(record)}/${kind.toLowerCase()}`;
  if (kind !== "DATA") {
    const messageEncoding = kind === "CHECKPOINT" ? PACKED_ENCODING : "json";
    return { topic, messageEncoding, metadata: new Map([["kind", kind]]) };
  }
  const { site, stream, dtype, shape } = record.chunk;
  const metadata = new Map(
    Object.entries({ kind, site, stream, dtype, shape: JSON.stringify(shape) }),
  );
  return { topic, messageEncoding: CHUNK_ENCODING, metadata };
}

/** The stream a record is about; `site` for those about all of them. */
function streamOf(record: LogRecord): string {
  if (record.kind === "DATA") return record.chunk.stream;
  return isStreamRecord(record) ? record.stream : "site";
}

function isStreamRecord(record: LogRecord): record is Extract<LogRecord, { kind: StreamKind }> {
  return "stream" in record;
}
