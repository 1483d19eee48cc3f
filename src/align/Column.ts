import type { Chunk } from "../frames/Chunk.ts";
import { frameBytes, type StreamDescription } from "../frames/StreamDescription.ts";
import type { ColumnCounters } from "./ColumnCounters.ts";
import { FrameRing } from "./FrameRing.ts";
import { needOf } from "./needOf.ts";
import { horizonOf, leadOf, type Policy } from "./Policy.ts";
import { SequenceWindow, type SequenceWindowSnapshot } from "./SequenceWindow.ts";
import type { UnusedFrame, UnusedReason } from "./UnusedFrame.ts";

/** Bounds of a column's buffer; past either the oldest frame goes. */
export interface ColumnBounds {
  readonly frames: number;
  readonly bytes: number;
}

/** What the aligner knows of one stream: watermark, lock, idleness, and the frames it holds. */
export class Column {
  /** Its lateness may change with a configuration, its dtype and shape never. */
  description: StreamDescription;
  readonly policy: Policy;
  readonly ring = new FrameRing();
  #sequences = new SequenceWindow();
  /** W_s: no frame at or before this will be accepted, by the stream's own evidence. */
  watermark = Number.NEGATIVE_INFINITY;
  /** No frame at or before this will be accepted, because rows were settled without it. */
  lock = Number.NEGATIVE_INFINITY;
  /** Largest accepted origin time. */
  newest = Number.NEGATIVE_INFINITY;
  /** Smallest accepted origin time. */
  oldest = Number.POSITIVE_INFINITY;
  /** How far the stream has come, lateness aside, but not beyond what has arrived: its end when it closes. */
  reached = Number.NEGATIVE_INFINITY;
  /** What the furthest heartbeat said: no frame at or before this. */
  promised = Number.NEGATIVE_INFINITY;
  /** The furthest heartbeat that was refused for being too far in the future. */
  refusedPromise = Number.NEGATIVE_INFINITY;
  /** Silent for long, holds nothing back. */
  idle = false;
  /** Its last sign of life was stamped in the future, or further behind than the skew bound. */
  isAstray = false;
  /** Ended by itself; only another epoch reopens it. */
  closed = false;
  /** Whether rows stand at its frames. */
  isPrimary = false;
  /** No configuration names it any more. */
  isRetired = false;
  /** How wrong its corrected clock may be, as the last CLOCK record said; −1 before the first. */
  clockUncertainty = -1;
  /** Epoch of the last frame judged; −1 before the first. */
  epoch = -1;
  /** Epoch of the last frame accepted; −1 before the first. */
  acceptedEpoch = -1;
  received = 0;
  used = 0;
  readonly unused: Record<UnusedReason, number> = {
    late: 0,
    equal: 0,
    duplicate: 0,
    future: 0,
    aged: 0,
    overflow: 0,
    invalid: 0,
    "unknown-stream": 0,
  };
  /** See `leadOf`. */
  readonly lead: number;
  /** Bytes of one frame; undefined where they differ. */
  readonly frameBytes: number | undefined;
  /** What `need` last said. */
  needed = Number.NEGATIVE_INFINITY;
  /** See `horizonOf`. */
  readonly #horizon: number;
  /** Whether, of the frames at or before a row, only the newest matters. */
  readonly #keepsOne: boolean;
  readonly #bounds: ColumnBounds;
  readonly #onUnused: ((frame: UnusedFrame) => void) | undefined;

  constructor(
    description: StreamDescription,
    policy: Policy,
    bounds: ColumnBounds,
    onUnused: ((frame: UnusedFrame) => void) | undefined,
  ) {
    this.description = description;
    this.policy = policy;
    this.lead = leadOf(policy);
    this.#horizon = horizonOf(policy);
    this.#keepsOne = policy.kind === "last" || policy.kind === "linear";
    this.frameBytes = frameBytes(description);
    this.#bounds = bounds;
    this.#onUnused = onUnused;
  }

  /** Tells duplicates of this stream. */
  get sequences(): SequenceWindow {
    return this.#sequences;
  }

  /** Remembers what was seen when the snapshot was taken, and nothing else. */
  restoreSequences(snapshot: SequenceWindowSnapshot): void {
    this.#sequences = SequenceWindow.restore(snapshot);
  }

  /** Whether nobody waits for the stream. */
  get free(): boolean {
    return this.idle || this.closed || this.isAstray;
  }

  /** Until when the stream must be known to settle the row at `time`. */
  need(time: number): number {
    this.needed = needOf(this.policy, this.ring, time);
    return this.needed;
  }

  /** Counts a frame as unused and hands it to the side output. */
  refuse(reason: UnusedReason, chunk: Chunk, index: number, start: number, end: number): void {
    this.unused[reason]++;
    if (this.#onUnused !== undefined)
      this.#onUnused(unusedFrame(reason, chunk, index, chunk.payload.subarray(start, end)));
  }

  /** Counts frames of a chunk that does not fit the description. */
  refuseAll(frames: number): void {
    this.received += frames;
    this.unused.invalid += frames;
  }

  /**
   * Why a frame that has not come before may not be held; undefined if it may. A sign of life, unless the
   * frame is stamped after `latest`; one stamped at or before `earliest` comes too late to wait for.
   */
  judge(
    time: number,
    earliest: number,
    latest: number,
    epoch: number,
  ): "future" | "late" | "equal" | undefined {
    this.#stray(time > latest || time <= earliest, epoch, earliest);
    if (time > latest) return "future";
    this.idle = false;
    if (this.closed && this.epoch !== epoch) this.closed = false;
    this.epoch = epoch;
    if (!this.closed && time > this.watermark && time > this.lock) return undefined;
    return this.#holds(time) ? "equal" : "late";
  }

  /**
   * Notes whether a frame is too far off to be of use. It tells of the stream only if it is of the
   * publisher whose frames are in use, or if that one does not keep up either: a stranger who speaks
   * under the stream's name must not make the others go on without it.
   */
  #stray(isUseless: boolean, epoch: number, earliest: number): void {
    if (!isUseless) this.isAstray = false;
    else if (epoch === this.acceptedEpoch || this.watermark <= earliest) this.isAstray = true;
  }

  /** Holds a frame that was judged acceptable; false if its origin time is taken. */
  accept(time: number, chunk: Chunk, index: number, start: number, end: number): boolean {
    if (!this.ring.insert(time, chunk, index, start, end)) return false;
    this.acceptedEpoch = chunk.epoch;
    if (time > this.newest) {
      this.newest = time;
      const watermark = time - this.description.lateness;
      if (watermark > this.watermark) this.watermark = watermark;
      const reached = Math.min(time, chunk.arrivalTime);
      if (reached > this.reached) this.reached = reached;
    }
    if (time < this.oldest) this.oldest = time;
    return true;
  }

  /** Whether the buffer is beyond a bound. */
  get isOver(): boolean {
    return (
      this.ring.size > this.#bounds.frames ||
      (this.ring.bytes > this.#bounds.bytes && this.ring.size > 1)
    );
  }

  /** Whether a held frame has exactly this origin time. */
  #holds(time: number): boolean {
    if (time === this.newest) return true;
    const position = this.ring.after(time);
    return position > 0 && this.ring.time(position - 1) === time;
  }

  /** Lets go of every frame that neither the row at `time` nor any later one can use. */
  evict(time: number): void {
    // The frames of a primary are instants of rows to come, whatever its own policy takes.
    const horizon = time + (this.isPrimary ? Math.min(-1, this.#horizon) : this.#horizon);
    while (this.ring.size > 0 && this.ring.time(0) <= horizon) this.drop("aged");
    if (this.#keepsOne) while (this.ring.size > 1 && this.ring.time(1) <= time) this.drop("aged");
  }

  /** Lets go of the oldest frame; if no row used it, for `reason`. */
  drop(reason: "aged" | "overflow"): void {
    const { ring } = this;
    if (!ring.isUsed(0)) {
      this.unused[reason]++;
      if (this.#onUnused !== undefined)
        this.#onUnused(unusedFrame(reason, ring.chunk(0), ring.index(0), ring.payload(0)));
    }
    ring.dropOldest();
  }

  /** Notes that a row uses the frame at `position`. */
  use(position: number): void {
    if (this.ring.use(position)) this.used++;
  }

  /** What became of every frame so far. */
  counters(): ColumnCounters {
    let buffered = 0;
    for (let i = 0; i < this.ring.size; i++) if (!this.ring.isUsed(i)) buffered++;
    const { received, used, ring, unused } = this;
    return { received, used, buffered, held: ring.size, ...unused };
  }
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
