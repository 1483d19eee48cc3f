import { isUtf8 } from "node:buffer";

import { WireError, type WireReason } from "../errors.ts";
import { DTYPE_BYTES, type DType, isDType } from "../frames/DType.ts";
import type { Micros } from "../units.ts";
import { unpackMap, unsignedOf } from "./msgpack.ts";
import { parseTopic } from "./topic.ts";
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

/** One message's header while it is being read; each reader refuses with its own reason. */
class Header {
  readonly #where: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(where: string, fields: Readonly<Record<string, unknown>>) {
    this.#where = where;
    this.#fields = fields;
  }

  refuse(reason: WireReason, problem: string): WireError {
    return new WireError(this.#where, reason, problem);
  }

  field(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  unsigned(name: string, reason: WireReason, limit = 2 ** 53): number {
    const value = unsignedOf(this.field(name));
    if (value === undefined || value >= limit)
      throw this.refuse(reason, `expected ${name} in [0, ${limit}), got ${show(this.field(name))}`);
    return value;
  }

  unsignedList(name: string, reason: WireReason, limit: number): number[] {
    const list = this.field(name);
    if (!Array.isArray(list) || list.length > limit)
      throw this.refuse(reason, `expected ${name} to be up to ${limit} integers`);
    return list.map((item: unknown) => {
      const value = unsignedOf(item);
      if (value === undefined)
        throw this.refuse(reason, `expected ${name} to be integers >= 0, got ${show(item)}`);
      return value;
    });
  }
}

/**
 * The message in three parts from the network, every field checked (docs/wire.md).
 *
 * @param parts Topic, header, payload. The result's payload is a view of the third: borrowed.
 * @throws {WireError} If it is not a message of ours, whatever the bytes; never anything else. Whether
 *   it is what its stream declared is the next question: `checkChunk`.
 */
export function decodeMessage(
  parts: readonly Uint8Array[],
  { arrivalTime, maxPayload = MAX_PAYLOAD_BYTES }: DecodeOptions,
): WireMessage {
  const [topic, headerBytes, payload] = parts;
  if (!topic || !headerBytes || !payload || parts.length !== 3)
    throw new WireError("message", "parts", `expected 3 parts, got ${parts.length}`);
  const { site, stream } = parseTopic(topic);
  const where = `stream ${stream}`;
  if (headerBytes.byteLength > MAX_HEADER_BYTES || payload.byteLength > maxPayload)
    throw new WireError(
      where,
      "size",
      `expected a header of at most ${MAX_HEADER_BYTES} bytes and a payload of at most ` +
        `${maxPayload}, got ${headerBytes.byteLength} and ${payload.byteLength}`,
    );
  const fields = unpackMap(headerBytes);
  if (fields === undefined) throw new WireError(where, "header", "expected a msgpack map");
  const header = new Header(where, fields);

  if (unsignedOf(header.field("v")) !== WIRE_VERSION)
    throw header.refuse("version", `expected v = ${WIRE_VERSION}, got ${show(header.field("v"))}`);
  if (header.field("stream") !== stream)
    throw header.refuse(
      "stream",
      `expected the topic's stream, got ${show(header.field("stream"))}`,
    );
  const epoch = header.unsigned("epoch", "header", EPOCH_LIMIT);

  const kind = header.field("kind");
  switch (kind) {
    case "data": {
      const firstSequence = header.unsigned(
        "sequence",
        "header",
        Number.MAX_SAFE_INTEGER - MAX_CHUNK_FRAMES,
      );
      const originTimes = header.unsignedList("times", "times", MAX_CHUNK_FRAMES) as Micros[];
      if (originTimes.length === 0)
        throw header.refuse("times", "expected at least one origin time");
      const dtype = header.field("dtype");
      if (!isDType(dtype)) throw header.refuse("dtype", `expected a dtype, got ${show(dtype)}`);
      const shape = header.unsignedList("shape", "shape", MAX_DIMENSIONS);
      if (shape.includes(0)) throw header.refuse("shape", "expected sizes >= 1, got 0");
      const lengths = lengthsOf(header, dtype, shape, originTimes.length, payload);
      return {
        kind,
        chunk: {
          site,
          stream,
          epoch,
          firstSequence,
          originTimes,
          arrivalTime,
          dtype,
          shape,
          ...(lengths === undefined ? {} : { lengths }),
          payload,
        },
      };
    }
    case "heartbeat":
    case "bye": {
      if (payload.byteLength !== 0)
        throw header.refuse(
          "payload",
          `expected none with ${kind}, got ${payload.byteLength} bytes`,
        );
      const until = header.unsigned("until", "times") as Micros;
      const at =
        header.field("at") === undefined ? until : (header.unsigned("at", "times") as Micros);
      return { kind, site, stream, epoch, until, at, arrivalTime };
    }
    default:
      throw header.refuse("header", `expected kind data, heartbeat or bye, got ${show(kind)}`);
  }
}

/** Checks that the payload holds exactly the frames announced; their lengths where they differ. */
function lengthsOf(
  header: Header,
  dtype: DType,
  shape: readonly number[],
  frames: number,
  payload: Uint8Array,
): number[] | undefined {
  if (dtype !== "utf8") {
    if (header.field("lengths") !== undefined)
      throw header.refuse("payload", `expected lengths with utf8 only, got them with ${dtype}`);
    const size = shape.reduce((product, next) => product * next, DTYPE_BYTES[dtype] * frames);
    if (size !== payload.byteLength)
      throw header.refuse("payload", `expected ${size} bytes, got ${payload.byteLength}`);
    return undefined;
  }
  if (shape.length > 0) throw header.refuse("shape", "expected [] for utf8");
  const lengths = header.unsignedList("lengths", "payload", MAX_CHUNK_FRAMES);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (lengths.length !== frames || total !== payload.byteLength)
    throw header.refuse(
      "payload",
      `expected ${frames} lengths that sum to ${payload.byteLength}, got ${lengths.length} to ${total}`,
    );
  let start = 0;
  for (const length of lengths) {
    if (!isUtf8(payload.subarray(start, start + length)))
      throw header.refuse("payload", "expected UTF-8 in every frame");
    start += length;
  }
  return lengths;
}

/** A foreign value in a message of ours: its type and a few characters, whatever it is. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return value === null ? "nil" : typeof value;
}
