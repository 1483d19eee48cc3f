import { LogError } from "../errors.ts";
import { isDType } from "../frames/DType.ts";
import { type Micros, micros } from "../units.ts";
import { CHUNK_HEADER_BYTES, HAS_LENGTHS } from "./encodeRecord.ts";
import type { LogRecord } from "./LogRecord.ts";
import { unpackValue } from "./packValue.ts";

type Decoder = (message: Uint8Array, logTime: Micros) => LogRecord;

/** Kinds whose message is JSON, and the fields that each must have. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  HEARTBEAT: { stream: "string", until: "number" },
  IDLE: { stream: "string" },
  ACTIVE: { stream: "string" },
  CLOSED: { stream: "string" },
  CLOCK: {
    stream: "string",
    epoch: "number",
    since: "number",
    offset: "number",
    ppm: "number",
    residual: "number",
    uncertainty: "number",
    stepped: "boolean",
  },
  CONFIG: { version: "number", origin: "number", period: "number", streams: "object" },
  SKEW: { skew: "number" },
  MODEL: { version: "string" },
  LABEL: { label: "object" },
};

/**
 * How the messages of one channel are read; undefined for a channel that is not ours.
 *
 * The decoder's payloads are borrowed from the message. It throws a `LogError` if the message is not
 * what the channel promises.
 */
export function decoderOf(
  topic: string,
  metadata: ReadonlyMap<string, string>,
): Decoder | undefined {
  const kind = metadata.get("kind") ?? "";
  if (kind === "DATA") return chunkDecoder(topic, metadata);
  if (kind === "CHECKPOINT") return (message, logTime) => checkpoint(topic, message, logTime);
  const fields = Object.hasOwn(FIELDS, kind) ? FIELDS[kind] : undefined;
  if (fields === undefined) return undefined;
  return (message, logTime) => {
    const record = json(topic, kind, fields, message, logTime);
    return record.kind === "MODEL" ? withWeights(topic, record) : record;
  };
}

/** A MODEL record whose weights are bytes again. */
function withWeights(topic: string, record: Extract<LogRecord, { kind: "MODEL" }>): LogRecord {
  const { weights, base }: { readonly weights?: unknown; readonly base?: unknown } = record;
  if (weights === undefined) return record;
  if (typeof weights !== "string" || typeof base !== "string")
    throw new LogError(topic, `expected weights as text and their base, got ${typeof weights}`);
  return { ...record, weights: new Uint8Array(Buffer.from(weights, "base64")) };
}

function json(
  topic: string,
  kind: string,
  fields: Readonly<Record<string, string>>,
  message: Uint8Array,
  logTime: Micros,
): LogRecord {
  let body: unknown;
  try {
    body = JSON.parse(
      Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString(),
    );
  } catch (cause) {
    throw new LogError(topic, "expected a JSON message, got something else", { cause });
  }
  if (typeof body !== "object" || body === null)
    throw new LogError(topic, `expected a JSON object, got ${typeof body}`);
  for (const [name, type] of Object.entries(fields)) {
    const value: unknown = Reflect.get(body, name);
    if (typeof value !== type || value === null)
      throw new LogError(topic, `expected ${type} ${name}, got ${JSON.stringify(value)}`);
    if (name === "streams" && !Array.isArray(value))
      throw new LogError(topic, `expected a list of streams, got ${JSON.stringify(value)}`);
  }
  return { kind, logTime, ...body } as LogRecord;
}

function checkpoint(topic: string, message: Uint8Array, logTime: Micros): LogRecord {
  const { back, model, moments, spans, state } = (unpackValue(message) ?? {}) as Record<
    string,
    unknown
  >;
  if (
    typeof back !== "number" ||
    typeof model !== "string" ||
    typeof moments !== "number" ||
    typeof spans !== "number" ||
    !(state instanceof Uint8Array)
  )
    throw new LogError(topic, `expected a checkpoint, got ${typeof back}, ${typeof state}`);
  return { kind: "CHECKPOINT", logTime, back, model, moments, spans, state };
}

function chunkDecoder(topic: string, metadata: ReadonlyMap<string, string>): Decoder {
  const site = metadata.get("site") ?? "";
  const stream = metadata.get("stream") ?? "";
  const dtype = metadata.get("dtype");
  if (!isDType(dtype)) throw new LogError(topic, `expected a dtype, got ${dtype}`);
  const shape = shapeOf(topic, metadata.get("shape") ?? "");
  return (message, logTime) => {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const frames = message.byteLength < CHUNK_HEADER_BYTES ? 0 : view.getUint32(0, true);
    const flags = frames === 0 ? 0 : view.getUint32(4, true);
    const hasLengths = (flags & HAS_LENGTHS) !== 0;
    const head = CHUNK_HEADER_BYTES + frames * (hasLengths ? 12 : 8);
    if (frames === 0 || message.byteLength < head)
      throw new LogError(
        topic,
        `expected a chunk of ${frames} frames, got ${message.byteLength} bytes`,
      );
    const chunk = {
      site,
      stream,
      epoch: view.getFloat64(8, true),
      firstSequence: view.getFloat64(16, true),
      originTimes: Array.from({ length: frames }, (_, i) =>
        micros(view.getFloat64(CHUNK_HEADER_BYTES + i * 8, true)),
      ),
      arrivalTime: micros(view.getFloat64(24, true)),
      dtype,
      shape,
      payload: message.subarray(head),
    };
    if (!hasLengths) return { kind: "DATA", logTime, chunk };
    const at = CHUNK_HEADER_BYTES + frames * 8;
    const lengths = Array.from({ length: frames }, (_, i) => view.getUint32(at + i * 4, true));
    return { kind: "DATA", logTime, chunk: { ...chunk, lengths } };
  };
}

function shapeOf(topic: string, text: string): readonly number[] {
  try {
    const shape: unknown = JSON.parse(text);
    if (Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size))) return shape;
  } catch {
    // Told below, like any other text that is not a shape.
  }
  throw new LogError(topic, `expected a shape, got ${JSON.stringify(text)}`);
}
