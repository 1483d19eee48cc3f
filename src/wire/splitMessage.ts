import { WireError } from "../errors.ts";
import { MAX_TOPIC_BYTES, parseTopic, type Topic } from "./topic.ts";

/** Bytes that say how long the header of a message in one part is. */
export const LENGTH_BYTES = 4;
const SLASH = 0x2f;

/** Where the pieces of a message are. */
export interface SplitMessage {
  readonly topic: Topic;
  /** The header is `bytes[start, end)`. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Borrowed. */
  readonly payload: Uint8Array;
}

/**
 * The topic, the header and the payload of a message in three parts, or in one (docs/wire.md).
 *
 * @throws {WireError} `parts`, `topic`, or `header` if it is said to be longer than what came.
 */
export function splitMessage(parts: readonly Uint8Array[]): SplitMessage {
  const [first, header, payload] = parts;
  if (first !== undefined && parts.length === 1) return splitPart(first);
  if (!first || !header || !payload || parts.length !== 3)
    throw new WireError("message", "parts", `expected 3 parts or 1, got ${parts.length}`);
  const topic = parseTopic(first);
  return { topic, bytes: header, start: 0, end: header.byteLength, payload };
}

/**
 * The topic of a message, whatever else there is to it.
 *
 * @throws {WireError} `topic`, if it has none that can be read.
 */
export function topicIn(parts: readonly Uint8Array[]): Topic {
  const [first = new Uint8Array(0)] = parts;
  return parts.length === 1 ? parseTopic(first, 0, endOfTopic(first)) : parseTopic(first);
}

function splitPart(bytes: Uint8Array): SplitMessage {
  const topicEnd = endOfTopic(bytes);
  const topic = parseTopic(bytes, 0, topicEnd);
  const start = topicEnd + LENGTH_BYTES;
  const end = start + lengthAt(bytes, topicEnd);
  if (end > bytes.byteLength)
    throw new WireError(
      `stream ${topic.stream}`,
      "header",
      `expected a header of ${end - start} bytes as it says, got ${bytes.byteLength - start}`,
    );
  // A plain view: Buffer's own subarray costs more than reading the header.
  const payload = new Uint8Array(bytes.buffer, bytes.byteOffset + end, bytes.byteLength - end);
  return { topic, bytes, start, end, payload };
}

/** Past the second slash; of no topic at all as far as one could reach. */
function endOfTopic(bytes: Uint8Array): number {
  const limit = Math.min(bytes.byteLength, MAX_TOPIC_BYTES);
  let slashes = 0;
  for (let i = 0; i < limit; i++) if (bytes[i] === SLASH && ++slashes === 2) return i + 1;
  return limit;
}

/** 32 bits, little endian; what is not there counts as 0. */
function lengthAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = LENGTH_BYTES - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
