import type { Micros } from "../units.ts";
import type { DType } from "./DType.ts";
import type { Frame } from "./Frame.ts";
import type { StreamDescription } from "./StreamDescription.ts";

/**
 * Consecutive frames of one stream that travel and are logged as one message.
 *
 * Up to 64 frames or 2 ms: a message costs the same whether it carries one frame or fifty.
 */
export interface Chunk {
  readonly site: string;
  readonly stream: string;
  readonly epoch: number;
  /** Sequence of the first frame; the others follow without gaps. */
  readonly firstSequence: number;
  /** Start of each frame, in µs since the Unix epoch; as many as there are frames, at least one. */
  readonly originTimes: readonly Micros[];
  readonly arrivalTime: Micros;
  readonly dtype: DType;
  /** Shape of one frame. */
  readonly shape: readonly number[];
  /** Bytes of each frame where they differ (`utf8`); absent where all are alike. */
  readonly lengths?: readonly number[];
  /** All frames back to back. Borrowed from its message. */
  readonly payload: Uint8Array;
}

/** The frames of a chunk, in order; their payloads are views of the chunk's. */
export function framesOf(chunk: Chunk): Frame[] {
  const { site, stream, epoch, firstSequence, originTimes, arrivalTime, lengths, payload } = chunk;
  const even = payload.byteLength / originTimes.length;
  let start = 0;
  return originTimes.map((originTime, index) => {
    const end = start + (lengths?.[index] ?? even);
    const frame: Frame = {
      site,
      stream,
      epoch,
      sequence: firstSequence + index,
      originTime,
      arrivalTime,
      payload: payload.subarray(start, end),
    };
    start = end;
    return frame;
  });
}

/** What says of a chunk which frames are in it, without who sent it and when. */
export type ChunkContent = Pick<
  Chunk,
  "site" | "stream" | "originTimes" | "dtype" | "shape" | "lengths" | "payload"
>;

/**
 * Frames of one stream, back to back.
 *
 * @param frames In order, at least one. The payload of a single one is borrowed, that of several copied.
 */
export function chunkContent(
  { site, stream, dtype, shape }: StreamDescription,
  frames: readonly Pick<Frame, "originTime" | "payload">[],
): ChunkContent {
  const [first] = frames;
  const payload =
    first !== undefined && frames.length === 1
      ? first.payload
      : new Uint8Array(frames.reduce((sum, frame) => sum + frame.payload.byteLength, 0));
  if (frames.length > 1) {
    let start = 0;
    for (const frame of frames) {
      payload.set(frame.payload, start);
      start += frame.payload.byteLength;
    }
  }
  return {
    ...{ site, stream, dtype, shape, payload },
    originTimes: frames.map(({ originTime }) => originTime),
    ...(dtype === "utf8" && { lengths: frames.map((frame) => frame.payload.byteLength) }),
  };
}
