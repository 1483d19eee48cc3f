import { ConfigError } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";
import { pack, packable } from "./msgpack.ts";
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
