import type { Chunk } from "../frames/Chunk.ts";
import type { Frame } from "../frames/Frame.ts";

/**
 * Why a frame became part of no frameset.
 *
 * - `late`: at or before what its stream had promised, or what an emitted row had settled
 * - `equal`: another frame of the stream with the same origin time came first
 * - `duplicate`: the same (epoch, sequence) came before
 * - `future`: stamped further ahead of its arrival than the future bound allows
 * - `aged`: accepted, but no row had a use for it before it became too old
 * - `overflow`: pushed out of a full buffer before any row could use it
 * - `invalid`: its chunk does not fit the stream's description
 * - `unknown-stream`: the configuration in force does not name its stream
 */
export type UnusedReason = (typeof UNUSED_REASONS)[number];

/** Every reason, in the order in which they are shown. */
export const UNUSED_REASONS = [
  "late",
  "equal",
  "duplicate",
  "future",
  "aged",
  "overflow",
  "invalid",
  "unknown-stream",
] as const;

/** A frame that became part of no frameset, with the reason. Its payload is borrowed. */
export interface UnusedFrame extends Frame {
  readonly reason: UnusedReason;
}

/** The frame at `index` of a chunk, with the reason why it was not used. */
export function unusedFrame(
  reason: UnusedReason,
  chunk: Chunk,
  index: number,
  payload: Uint8Array,
): UnusedFrame {
  const { site, stream, epoch, firstSequence, arrivalTime } = chunk;
  const sequence = firstSequence + index;
  const originTime = chunk.originTimes[index] ?? arrivalTime;
  return { site, stream, epoch, sequence, originTime, arrivalTime, payload, reason };
}
