import { isUtf8 } from "node:buffer";

import { WireError, type WireReason } from "../errors.ts";
import { DTYPE_BYTES, type DType, isDType } from "../frames/DType.ts";
import type { Micros } from "../units.ts";
import { unsignedOf } from "./msgpack.ts";
import { type HeaderFields, readHeader } from "./readHeader.ts";
import { splitMessage } from "./splitMessage.ts";
import {
  MAX_CHUNK_FRAMES,
  MAX_DIMENSIONS,
  MAX_HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  WIRE_VERSION,
  type WireMessage,
} from "./WireMessage.ts";

/** Boot ids fit in 48 bits, so that every language can make one from a clock or at random. */
const EPOCH_LIMIT = 2 ** 48;

export interface DecodeOptions {
  /** When the message came in, on the pipeline's clock. */
  readonly arrivalTime: Micros;
  /** Largest payload accepted, in bytes. */
  readonly maxPayload?: number;
}

/**
 * The message in the parts from the network, three or one, every field checked (docs/wire.md).
 *
 * @param parts As they came. The result's payload is a view of the last: borrowed.
 * @throws {WireError} If it is not a message of ours, whatever the bytes; never anything else. Whether
 *   it is what its stream declared is the next question: `checkChunk`.
 */
export function decodeMessage(
  parts: readonly Uint8Array[],
  { arrivalTime, maxPayload = MAX_PAYLOAD_BYTES }: DecodeOptions,
): WireMessage {
  const { topic, bytes, start, end, payload } = splitMessage(parts);
  const { site, stream } = topic;
  if (end - start > MAX_HEADER_BYTES || payload.byteLength > maxPayload)
    throw new WireError(
      `stream ${stream}`,
      "size",
      `expected a header of at most ${MAX_HEADER_BYTES} bytes and a payload of at most ` +
        `${maxPayload}, got ${end - start} and ${payload.byteLength}`,
    );
  const fields = readHeader(bytes, start, end);
  if (fields === undefined) throw refusal(stream, "header", "expected a msgpack map");

  if (unsignedOf(fields.v) !== WIRE_VERSION)
    throw refusal(stream, "version", `expected v = ${WIRE_VERSION}, got ${show(fields.v)}`);
  if (fields.stream !== stream)
    throw refusal(stream, "stream", `expected the topic's stream, got ${show(fields.stream)}`);
  const epoch = unsigned(stream, "epoch", fields.epoch, "header", EPOCH_LIMIT);

  switch (fields.kind) {
    case "data": {
      const firstSequence = unsigned(
        stream,
        "sequence",
        fields.sequence,
        "header",
        Number.MAX_SAFE_INTEGER - MAX_CHUNK_FRAMES,
      );
      const originTimes = unsignedList(
        stream,
        "times",
        fields.times,
        "times",
        MAX_CHUNK_FRAMES,
      ) as readonly number[] as readonly Micros[];
      if (originTimes.length === 0)
        throw refusal(stream, "times", "expected at least one origin time");
      const { dtype } = fields;
      if (!isDType(dtype)) throw refusal(stream, "dtype", `expected a dtype, got ${show(dtype)}`);
      const shape = unsignedList(stream, "shape", fields.shape, "shape", MAX_DIMENSIONS);
      if (shape.includes(0)) throw refusal(stream, "shape", "expected sizes >= 1, got 0");
      const who = { site, stream, epoch };
      const what = { firstSequence, originTimes, arrivalTime, dtype, shape };
      if (dtype === "utf8") {
        const lengths = lengthsOf(stream, fields, shape, originTimes.length, payload);
        return { kind: "data", chunk: { ...who, ...what, lengths, payload } };
      }
      checkSize(stream, fields, dtype, shape, originTimes.length, payload);
      // Written out: this is most messages, and a spread costs as much as reading the header.
      const chunk = {
        site,
        stream,
        epoch,
        firstSequence,
        originTimes,
        arrivalTime,
        dtype,
        shape,
        payload,
      };
      return { kind: "data", chunk };
    }
    case "heartbeat":
    case "bye": {
      const { kind } = fields;
      if (payload.byteLength !== 0)
        throw refusal(
          stream,
          "payload",
          `expected none with ${kind}, got ${payload.byteLength} bytes`,
        );
      const until = unsigned(stream, "until", fields.until, "times") as Micros;
      const at =
        fields.at === undefined ? until : (unsigned(stream, "at", fields.at, "times") as Micros);
      return { kind, site, stream, epoch, until, at, arrivalTime };
    }
    default:
      throw refusal(
        stream,
        "header",
        `expected kind data, heartbeat or bye, got ${show(fields.kind)}`,
      );
  }
}

/** Checks that the payload holds exactly the frames announced. */
function checkSize(
  stream: string,
  { lengths }: HeaderFields,
  dtype: Exclude<DType, "utf8">,
  shape: readonly number[],
  frames: number,
  payload: Uint8Array,
): void {
  if (lengths !== undefined)
    throw refusal(stream, "payload", `expected lengths with utf8 only, got them with ${dtype}`);
  let size = DTYPE_BYTES[dtype] * frames;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis] as number;
  if (size !== payload.byteLength)
    throw refusal(stream, "payload", `expected ${size} bytes, got ${payload.byteLength}`);
}

/** The lengths of the texts, which fill the payload and are UTF-8 each. */
function lengthsOf(
  stream: string,
  fields: HeaderFields,
  shape: readonly number[],
  frames: number,
  payload: Uint8Array,
): readonly number[] {
  if (shape.length > 0) throw refusal(stream, "shape", "expected [] for utf8");
  const lengths = unsignedList(stream, "lengths", fields.lengths, "payload", MAX_CHUNK_FRAMES);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (lengths.length !== frames || total !== payload.byteLength)
    throw refusal(
      stream,
      "payload",
      `expected ${frames} lengths that sum to ${payload.byteLength}, got ${lengths.length} to ${total}`,
    );
  let start = 0;
  for (const length of lengths) {
    if (!isUtf8(payload.subarray(start, start + length)))
      throw refusal(stream, "payload", "expected UTF-8 in every frame");
    start += length;
  }
  return lengths;
}

function unsigned(
  stream: string,
  name: string,
  field: unknown,
  reason: WireReason,
  limit = 2 ** 53,
): number {
  const value = unsignedOf(field);
  if (value === undefined || value >= limit)
    throw refusal(stream, reason, `expected ${name} in [0, ${limit}), got ${show(field)}`);
  return value;
}

function unsignedList(
  stream: string,
  name: string,
  list: unknown,
  reason: WireReason,
  limit: number,
): readonly number[] {
  if (!Array.isArray(list) || list.length > limit)
    throw refusal(stream, reason, `expected ${name} to be up to ${limit} integers`);
  for (let i = 0; i < list.length; i++)
    if (unsignedOf(list[i]) === undefined)
      throw refusal(stream, reason, `expected ${name} to be integers >= 0, got ${show(list[i])}`);
  return list;
}

function refusal(stream: string, reason: WireReason, problem: string): WireError {
  return new WireError(`stream ${stream}`, reason, problem);
}

/** A foreign value in a message of ours: its type and a few characters, whatever it is. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return value === null ? "nil" : typeof value;
}
