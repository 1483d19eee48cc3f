import type { Chunk } from "../frames/Chunk.ts";
import type { DType } from "../frames/DType.ts";
import { frameBytes, type StreamDescription } from "../frames/StreamDescription.ts";
import { sameShape } from "../frames/sameShape.ts";
import type { ColumnCounters } from "./ColumnCounters.ts";
import { FrameRing } from "./FrameRing.ts";
import type { Frontier } from "./Frontier.ts";
import { nearestTo, needOf } from "./needOf.ts";
import { horizonOf, leadOf, type Policy, reachOf } from "./Policy.ts";
import type { Role } from "./Role.ts";
import { SequenceWindow, type SequenceWindowSnapshot } from "./SequenceWindow.ts";
import { type UnusedFrame, type UnusedReason, unusedFrame } from "./UnusedFrame.ts";

/** Bounds of a column's buffer; past either the oldest frame goes. */
export interface ColumnBounds {
  readonly frames: number;
  readonly bytes: number;
}

/** What a column is told. */
export interface ColumnOptions {
  readonly description: StreamDescription;
  readonly policy: Policy;
  readonly role: Role;
  readonly bounds: ColumnBounds;
  readonly onUnused: ((frame: UnusedFrame) => void) | undefined;
}

/** What the aligner knows of one stream: watermark, lock, idleness, and the frames it holds. */
export class Column {
  #description: StreamDescription;
  readonly policy: Policy;
  readonly role: Role;
  readonly ring: FrameRing;
  #sequences = new SequenceWindow();
  /** The name as its chunks spell it, to be told by the very same string. */
  name: string;
  /** The name as V8 keeps the keys of objects: a cell is stored under it without a look at its letters. */
  readonly key: string;
  readonly site: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  #lateness: number;
  /** W_s: no frame at or before this will be accepted, by the stream's own evidence. */
  watermark = Number.NEGATIVE_INFINITY;
  /** No frame at or before this will be accepted, because rows were settled without it. */
  lock = Number.NEGATIVE_INFINITY;
  /** Largest accepted origin time. */
  newest = Number.NEGATIVE_INFINITY;
  /** Newest frame that was let go of before its time, for want of room. */
  lost = Number.NEGATIVE_INFINITY;
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
  /** Late frames taken in all the same, to revise rows. */
  belated = 0;
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
  /** Position of the first held frame after the instant that `look` was last asked about. */
  right = 0;
  /** Position of the one frame that answers that instant, if one does: the nearest, or the last before it. */
  candidate = -1;
  /** Until when the stream must be known, as `look` last found. */
  needed = Number.NEGATIVE_INFINITY;
  /** No row at T can be settled before the stream is known up to T plus this, in µs. */
  readonly leastNeed: number;
  /** See `horizonOf`. */
  readonly horizon: number;
  /** See `reachOf`. */
  readonly reach: number;
  /** The same, but for the frames of a primary: they are instants of rows, whatever its own policy takes. */
  readonly #gone: number;
  /** Whether, of the frames at or before a row, only the newest matters. */
  readonly #keepsOne: boolean;
  readonly #isNearest: boolean;
  readonly #bounds: ColumnBounds;
  /** As long as so many are held one more is no matter; 0 where frames differ in size. */
  readonly #framesInTurn: number;
  readonly #onUnused: ((frame: UnusedFrame) => void) | undefined;

  constructor({ description, policy, role, bounds, onUnused }: ColumnOptions) {
    this.#description = description;
    this.name = description.stream;
    this.key = Object.keys({ [description.stream]: 0 })[0] ?? description.stream;
    this.site = description.site;
    this.dtype = description.dtype;
    this.shape = description.shape;
    this.#lateness = description.lateness;
    this.role = role;
    this.policy = policy;
    this.lead = leadOf(policy);
    this.leastNeed = policy.kind === "window" ? policy.to : 0;
    this.horizon = horizonOf(policy);
    this.#gone = role === "primary" ? Math.min(-1, this.horizon) : this.horizon;
    this.reach = reachOf(policy);
    this.#keepsOne = policy.kind === "last" || policy.kind === "linear";
    this.#isNearest = policy.kind === "nearest";
    this.frameBytes = frameBytes(description);
    this.ring = new FrameRing(this.frameBytes);
    this.#bounds = bounds;
    this.#framesInTurn = framesInTurn(this.frameBytes, bounds);
    this.#onUnused = onUnused;
  }

  /** Its lateness may change with a configuration, its dtype and shape never. */
  get description(): StreamDescription {
    return this.#description;
  }

  set description(description: StreamDescription) {
    this.#description = description;
    this.#lateness = description.lateness;
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

  /**
   * Looks up until when the stream must be known to settle a row: `needed`, and `right`.
   *
   * @param at Has the row's instant: a number that is handed over as such costs V8 an object each time.
   */
  look(at: { readonly next: number }): void {
    const { ring } = this;
    const time = at.next;
    const right = ring.after(time);
    const candidate = this.#isNearest ? nearestTo(ring, time, right) : right - 1;
    this.right = right;
    this.candidate = candidate;
    this.needed = needOf(this.policy, ring, time, right, candidate);
  }

  /** Notes that a row is out for which the stream had to be known up to what `look` last said. */
  settle(): void {
    // An optional stream was not waited for: what it sends later may still be part of later rows.
    if (this.needed > this.lock && this.role !== "optional") this.lock = this.needed;
  }

  /** Until when no instant from `time` on can have a frame; ∞ if none is held that could matter. */
  emptyUntil(time: number): number {
    const { ring } = this;
    const first = ring.after(time + this.horizon);
    return first === ring.size ? Number.POSITIVE_INFINITY : ring.time(first) - this.reach - 1;
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
   * Takes a chunk of one frame that is just the next one of a stream that is well: what looking closely at
   * it would come to, at a fraction of the price.
   *
   * @returns False, and nothing done, if anything about it is out of the ordinary.
   */
  takeAlone(chunk: Chunk, frontier: Frontier): boolean {
    const { originTimes, payload } = chunk;
    // Asked for its length, not its byteLength: the same number, at a tenth of the price in V8.
    if (originTimes.length !== 1 || payload.length !== this.frameBytes) return false;
    if (chunk.site !== this.site || chunk.dtype !== this.dtype) return false;
    if (!sameShape(chunk.shape, this.shape)) return false;
    if (!Number.isSafeInteger(originTimes[0]) || chunk.arrivalTime === Number.POSITIVE_INFINITY)
      return false;
    return this.takeInTurn(chunk, 0, frontier);
  }

  /** The same for one frame of a chunk that is well formed. */
  takeInTurn(chunk: Chunk, index: number, frontier: Frontier): boolean {
    const { arrivalTime, epoch } = chunk;
    const time = chunk.originTimes[index] as number;
    if (!(time > this.newest && time > this.watermark && time > this.lock)) return false;
    if (!(time > frontier.furthest - frontier.skew && time <= arrivalTime + frontier.futureBound))
      return false;
    if (this.idle || this.closed || this.isAstray || this.ring.size >= this.#framesInTurn)
      return false;
    // What follows a good epoch and sequence is one itself.
    if (this.acceptedEpoch !== epoch) return false;
    if (!this.#sequences.follows(epoch, chunk.firstSequence + index)) return false;
    this.received++;
    this.epoch = epoch;
    this.ring.append(time, chunk, index, 0, 0);
    this.newest = time;
    const watermark = time - this.#lateness;
    if (watermark > this.watermark) this.watermark = watermark;
    const reached = time < arrivalTime ? time : arrivalTime;
    if (reached > this.reached) this.reached = reached;
    frontier.follow(this, arrivalTime);
    return true;
  }

  #moved(time: number, arrivalTime: number): void {
    this.newest = time;
    const watermark = time - this.#lateness;
    if (watermark > this.watermark) this.watermark = watermark;
    const reached = time < arrivalTime ? time : arrivalTime;
    if (reached > this.reached) this.reached = reached;
    if (time < this.oldest) this.oldest = time;
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

  /**
   * Notes a promise that no frame before `until` will follow.
   *
   * Only one that goes further than the last is a sign of life: the rest are repetitions.
   *
   * @returns Whether it does.
   */
  promise(until: number, logTime: number, earliest: number): boolean {
    // A frame may still be stamped `until` itself.
    const watermark = until - 1;
    if (watermark <= this.promised) return false;
    this.promised = watermark;
    this.isAstray = watermark <= earliest;
    this.idle = false;
    this.closed = false;
    if (watermark > this.watermark) this.watermark = watermark;
    this.reached = Math.max(this.reached, Math.min(watermark, logTime));
    return true;
  }

  /** Holds a frame that was judged acceptable; false if its origin time is taken. */
  accept(time: number, chunk: Chunk, index: number, start: number, end: number): boolean {
    if (!this.ring.insert(time, chunk, index, start, end)) return false;
    this.acceptedEpoch = chunk.epoch;
    if (time > this.newest) this.#moved(time, chunk.arrivalTime);
    else if (time < this.oldest) this.oldest = time;
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

  /** Lets go of every frame that no row from `keptFrom` on can use. */
  evict(rows: { readonly keptFrom: number }): void {
    const { ring } = this;
    if (ring.size === 0) return;
    const { keptFrom } = rows;
    let until = keptFrom + this.#gone;
    if (this.#keepsOne) {
      const newest = ring.after(keptFrom) - 1;
      if (newest > 0) until = Math.max(until, ring.time(newest) - 1);
    }
    if (ring.time(0) <= until) this.dropUntil(until, "aged");
  }

  /** Lets go of the frames at or before `time`; those that no row used for `reason`. */
  dropUntil(time: number, reason: "aged" | "overflow"): void {
    const { ring } = this;
    if (this.#onUnused !== undefined)
      for (let position = 0; position < ring.size && ring.time(position) <= time; position++)
        if (!ring.isUsed(position))
          this.#onUnused(
            unusedFrame(reason, ring.chunk(position), ring.index(position), ring.payload(position)),
          );
    const unused = ring.dropUntil(time);
    if (unused > 0) this.unused[reason] += unused;
  }

  /** Notes that a row uses the frame at `position`. */
  use(position: number): void {
    if (this.ring.use(position)) this.used++;
  }

  /** What became of every frame so far. */
  counters(): ColumnCounters {
    let buffered = 0;
    for (let i = 0; i < this.ring.size; i++) if (!this.ring.isUsed(i)) buffered++;
    const { received, used, belated, ring, unused } = this;
    return { received, used, belated, buffered, held: ring.size, ...unused };
  }
}

/** How many frames of `frameBytes` may be held before one more is beyond a bound; 0 if that differs. */
function framesInTurn(frameBytes: number | undefined, { frames, bytes }: ColumnBounds): number {
  if (frameBytes === undefined) return 0;
  return Math.min(frames, Math.floor(bytes / Math.max(1, frameBytes)));
}
