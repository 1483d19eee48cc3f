import { ConfigError } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";
import { pack, packable } from "./msgpack.ts";
import { LENGTH_BYTES } from "./splitMessage.ts";
import { topicOf } from "./topic.ts";
import {
  MAX_CHUNK_FRAMES,
  type StreamNotice,
  WIRE_VERSION,
  type WireParts,
} from "./WireMessage.ts";

const NOTHING = new Uint8Array(0);

/**
 * A chunk as it travels (docs/wire.md, `data`). `arrivalTime` does not travel.
 *
 * @returns Three parts; the payload is the chunk's own, not a copy.
 * @throws {ConfigError} If it has no frames or more than 64.
 */
export function encodeChunk(chunk: Omit<Chunk, "arrivalTime">): WireParts {
  const frames = chunk.originTimes.length;
  if (frames < 1 || frames > MAX_CHUNK_FRAMES)
    throw new ConfigError(
      `stream ${chunk.stream}`,
      `a chunk has 1 to ${MAX_CHUNK_FRAMES} frames, got ${frames}`,
    );
  const header = pack({
    v: WIRE_VERSION,
    kind: "data",
    stream: chunk.stream,
    epoch: packable(chunk.epoch),
    sequence: packable(chunk.firstSequence),
    times: chunk.originTimes.map(packable),
    dtype: chunk.dtype,
    shape: chunk.shape,
    ...(chunk.lengths === undefined ? {} : { lengths: chunk.lengths }),
  });
  return [Buffer.from(topicOf(chunk.site, chunk.stream)), header, chunk.payload];
}

/**
 * The three parts of a message as one, for an inlet that takes it so (docs/wire.md): a part costs the inlet
 * about as much as all that is done with what is in it.
 *
 * @returns A fresh copy.
 */
export function onePart([topic, header, payload]: WireParts): Uint8Array {
  const headerStart = topic.byteLength + LENGTH_BYTES;
  const payloadStart = headerStart + header.byteLength;
  const part = new Uint8Array(payloadStart + payload.byteLength);
  part.set(topic);
  new DataView(part.buffer).setUint32(topic.byteLength, header.byteLength, true);
  part.set(header, headerStart);
  part.set(payload, payloadStart);
  return part;
}

/** A heartbeat or farewell as it travels (docs/wire.md, `heartbeat` and `bye`). */
export function encodeNotice(notice: Omit<StreamNotice, "arrivalTime">): WireParts {
  const header = pack({
    v: WIRE_VERSION,
    kind: notice.kind,
    stream: notice.stream,
    epoch: packable(notice.epoch),
    until: packable(notice.until),
    at: packable(notice.at),
  });
  return [Buffer.from(topicOf(notice.site, notice.stream)), header, NOTHING];
}
