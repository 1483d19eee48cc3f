import type { Chunk } from "../frames/Chunk.ts";
import type { Micros } from "../units.ts";

/** Version of the protocol in `docs/wire.md`; each message carries it, others are refused. */
export const WIRE_VERSION = 1;

/** Most frames one message may carry. */
export const MAX_CHUNK_FRAMES = 64;

/** Most bytes of a message's header. */
export const MAX_HEADER_BYTES = 65_536;

/** Most dimensions of one frame. */
export const MAX_DIMENSIONS = 8;

/** Most bytes of a message's payload, unless an inlet says otherwise. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

/** Who speaks: one boot of the publisher of one stream. */
export interface Publisher {
  readonly site: string;
  readonly stream: string;
  /** Boot id, unsigned 48-bit integer. */
  readonly epoch: number;
}

/** What a publisher tells about its stream, apart from the frames themselves. */
export interface StreamNotice extends Publisher {
  /**
   * - `heartbeat`: no frame with an origin time before `until` will follow.
   * - `bye`: no frame will follow at all in this epoch; the stream ended by itself at `until`.
   */
  readonly kind: "heartbeat" | "bye";
  readonly until: Micros;
  /** The publisher's clock when it said so. All that was due by then has been sent before. */
  readonly at: Micros;
  /** When we got it, on the pipeline's clock. */
  readonly arrivalTime: Micros;
}

/** One message of a sensor, decoded and checked. */
export type WireMessage = { readonly kind: "data"; readonly chunk: Chunk } | StreamNotice;

/** The three parts of a message as they travel: topic, header, payload. */
export type WireParts = readonly [topic: Uint8Array, header: Uint8Array, payload: Uint8Array];
