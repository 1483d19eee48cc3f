import type { Chunk } from "../frames/Chunk.ts";
import type { LogRecord } from "./LogRecord.ts";
import { packValue } from "./packValue.ts";

/** Bytes of a DATA message before the origin times. */
export const CHUNK_HEADER_BYTES = 32;
/** Set in a DATA message's flags when each frame's length follows the origin times. */
export const HAS_LENGTHS = 1;

/**
 * The message of a record, without what its channel and MCAP's own fields say (docs/log.md).
 *
 * @returns Freshly allocated; nothing of the record is borrowed.
 */
export function encodeRecord(record: LogRecord): Uint8Array {
  if (record.kind === "DATA") return encodeChunk(record.chunk);
  const { kind: _kind, logTime: _logTime, ...body } = record;
  if (record.kind === "MODEL" && record.weights !== undefined)
    return Buffer.from(
      JSON.stringify({ ...body, weights: Buffer.from(record.weights).toString("base64") }),
    );
  return record.kind === "CHECKPOINT" ? packValue(body) : Buffer.from(JSON.stringify(body));
}

function encodeChunk(chunk: Chunk): Uint8Array {
  const { epoch, firstSequence, arrivalTime, originTimes, lengths, payload } = chunk;
  const frames = originTimes.length;
  const head = CHUNK_HEADER_BYTES + frames * (lengths === undefined ? 8 : 12);
  const out = new Uint8Array(head + payload.byteLength);
  const view = new DataView(out.buffer);
  view.setUint32(0, frames, true);
  view.setUint32(4, lengths === undefined ? 0 : HAS_LENGTHS, true);
  view.setFloat64(8, epoch, true);
  view.setFloat64(16, firstSequence, true);
  view.setFloat64(24, arrivalTime, true);
  originTimes.forEach((time, i) => {
    view.setFloat64(CHUNK_HEADER_BYTES + i * 8, time, true);
  });
  lengths?.forEach((length, i) => {
    view.setUint32(CHUNK_HEADER_BYTES + frames * 8 + i * 4, length, true);
  });
  out.set(payload, head);
  return out;
}
