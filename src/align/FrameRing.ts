import type { Chunk } from "../frames/Chunk.ts";

const FIRST_LENGTH = 32;
/** A row's instant is near the oldest frame held: so many are looked at one after the other before halving. */
const FEW = 16;

/**
 * The accepted frames of one stream that a row may still need, in order of origin time.
 *
 * Columns of plain numbers, so that a frame costs a few stores and no object. A frame is named by its
 * position: 0 is the oldest. Positions move when frames are inserted or dropped.
 */
export class FrameRing {
  /** Bytes of one frame; 0 where they differ. */
  readonly #frameBytes: number;
  #times = new Float64Array(FIRST_LENGTH);
  /** Twice the index of the frame within its chunk, and one more if a row has used it. */
  #places = new Uint32Array(FIRST_LENGTH);
  #chunks: (Chunk | undefined)[] = new Array<Chunk | undefined>(FIRST_LENGTH).fill(undefined);
  /** Where the bytes of the frame lie in its chunk's payload; kept only where frames differ in size. */
  #starts = NO_OFFSETS;
  #ends = NO_OFFSETS;
  /** The length is a power of two: this finds a slot without dividing. */
  #mask = FIRST_LENGTH - 1;
  #head = 0;
  #size = 0;
  /** Of payloads, where frames differ in size. */
  #bytes = 0;

  /** @param frameBytes Bytes of one frame; undefined where they differ. */
  constructor(frameBytes: number | undefined) {
    this.#frameBytes = frameBytes ?? 0;
    if (this.#frameBytes > 0) return;
    this.#starts = new Uint32Array(FIRST_LENGTH);
    this.#ends = new Uint32Array(FIRST_LENGTH);
  }

  /** Frames held. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of their payloads. */
  get bytes(): number {
    return this.#bytes + this.#size * this.#frameBytes;
  }

  /** Origin time of the frame at `position`, in µs. */
  time(position: number): number {
    return this.#times[(this.#head + position) & this.#mask] as number;
  }

  /** The chunk that brought the frame at `position`. */
  chunk(position: number): Chunk {
    return this.#chunks[(this.#head + position) & this.#mask] as Chunk;
  }

  /** Index of the frame at `position` within its chunk. */
  index(position: number): number {
    return (this.#places[(this.#head + position) & this.#mask] as number) >>> 1;
  }

  /** First byte of the frame at `position` within its chunk's payload. */
  start(position: number): number {
    if (this.#frameBytes > 0) return this.index(position) * this.#frameBytes;
    return this.#starts[(this.#head + position) & this.#mask] as number;
  }

  /** End of the bytes of the frame at `position` within its chunk's payload, exclusive. */
  end(position: number): number {
    if (this.#frameBytes > 0) return this.start(position) + this.#frameBytes;
    return this.#ends[(this.#head + position) & this.#mask] as number;
  }

  /** The bytes of the frame at `position`, borrowed from its chunk. */
  payload(position: number): Uint8Array {
    const { payload } = this.chunk(position);
    const start = this.start(position);
    const end = this.end(position);
    // Asked for its length, not its byteLength: the same number, at a tenth of the price in V8.
    return start === 0 && end === payload.length ? payload : payload.subarray(start, end);
  }

  /** Whether a row has used the frame at `position`. */
  isUsed(position: number): boolean {
    return ((this.#places[(this.#head + position) & this.#mask] as number) & 1) === 1;
  }

  /** Notes that a row uses the frame at `position`; true the first time. */
  use(position: number): boolean {
    const slot = (this.#head + position) & this.#mask;
    const place = this.#places[slot] as number;
    this.#places[slot] = place | 1;
    return (place & 1) === 0;
  }

  /** Puts a frame behind all others, whose times must be earlier. */
  append(time: number, chunk: Chunk, index: number, start: number, end: number): void {
    if (this.#size > this.#mask) this.#grow();
    const slot = (this.#head + this.#size) & this.#mask;
    this.#times[slot] = time;
    this.#places[slot] = 2 * index;
    this.#chunks[slot] = chunk;
    this.#size++;
    if (this.#frameBytes > 0) return;
    this.#starts[slot] = start;
    this.#ends[slot] = end;
    this.#bytes += end - start;
  }

  /** Puts a frame in its place by time; false, and nothing done, if one has the very same time. */
  insert(time: number, chunk: Chunk, index: number, start: number, end: number): boolean {
    let position = this.#size;
    while (position > 0 && this.time(position - 1) > time) position--;
    if (position > 0 && this.time(position - 1) === time) return false;
    this.append(time, chunk, index, start, end);
    for (let i = this.#size - 1; i > position; i--) this.#swap(i, i - 1);
    return true;
  }

  /**
   * Lets go of the oldest frames, those at or before `time`.
   *
   * @returns How many of them no row had used.
   */
  dropUntil(time: number): number {
    const times = this.#times;
    const mask = this.#mask;
    let slot = this.#head;
    let size = this.#size;
    let unused = 0;
    while (size > 0 && (times[slot] as number) <= time) {
      if (this.#frameBytes === 0)
        this.#bytes -= (this.#ends[slot] as number) - (this.#starts[slot] as number);
      unused += 1 - ((this.#places[slot] as number) & 1);
      this.#chunks[slot] = undefined;
      slot = (slot + 1) & mask;
      size--;
    }
    this.#head = slot;
    this.#size = size;
    return unused;
  }

  /** Position of the first frame after `time`; `size` if there is none. */
  after(time: number): number {
    const size = this.#size;
    const few = size < FEW ? size : FEW;
    const times = this.#times;
    const mask = this.#mask;
    let slot = this.#head;
    let position = 0;
    while (position < few && (times[slot] as number) <= time) {
      position++;
      slot = (slot + 1) & mask;
    }
    return position < FEW ? position : this.#afterByHalving(time);
  }

  /** The same where it lies behind the first few. */
  #afterByHalving(time: number): number {
    let least = FEW;
    let most = this.#size;
    while (least < most) {
      const middle = (least + most) >>> 1;
      if (this.time(middle) <= time) least = middle + 1;
      else most = middle;
    }
    return least;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [(this.#head + one) & this.#mask, (this.#head + other) & this.#mask];
    swap(this.#times, a, b);
    swap(this.#places, a, b);
    swap(this.#chunks, a, b);
    if (this.#frameBytes > 0) return;
    swap(this.#starts, a, b);
    swap(this.#ends, a, b);
  }

  #grow(): void {
    const length = 2 * this.#times.length;
    const head = this.#head;
    this.#times = unrolled(this.#times, head, new Float64Array(length));
    this.#places = unrolled(this.#places, head, new Uint32Array(length));
    this.#chunks = unrolled(
      this.#chunks,
      head,
      new Array<Chunk | undefined>(length).fill(undefined),
    );
    if (this.#frameBytes === 0) {
      this.#starts = unrolled(this.#starts, head, new Uint32Array(length));
      this.#ends = unrolled(this.#ends, head, new Uint32Array(length));
    }
    this.#mask = length - 1;
    this.#head = 0;
  }
}

const NO_OFFSETS = new Uint32Array(0);

/** What can be read and written by index. */
interface Slots<T> {
  readonly length: number;
  [slot: number]: T;
}

function swap<T>(slots: Slots<T>, one: number, other: number): void {
  const kept = slots[one] as T;
  slots[one] = slots[other] as T;
  slots[other] = kept;
}

/** A full ring's slots from its head on, at the front of `fresh`. */
function unrolled<T, S extends Slots<T>>(ring: S, head: number, fresh: S): S {
  const { length } = ring;
  for (let i = 0; i < length; i++) fresh[i] = ring[(head + i) & (length - 1)] as T;
  return fresh;
}
