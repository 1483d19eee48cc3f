import type { Chunk } from "../frames/Chunk.ts";

const FIRST_LENGTH = 64;

/**
 * The accepted frames of one stream that a row may still need, in order of origin time.
 *
 * Columns of plain numbers, so that a frame costs a few stores and no object. A frame is named by its
 * position: 0 is the oldest. Positions move when frames are inserted or dropped.
 */
export class FrameRing {
  #times = new Float64Array(FIRST_LENGTH);
  #indices = new Uint32Array(FIRST_LENGTH);
  #starts = new Uint32Array(FIRST_LENGTH);
  #ends = new Uint32Array(FIRST_LENGTH);
  #used = new Uint8Array(FIRST_LENGTH);
  #chunks: (Chunk | undefined)[] = new Array<Chunk | undefined>(FIRST_LENGTH).fill(undefined);
  /** The length is a power of two: this finds a slot without dividing. */
  #mask = FIRST_LENGTH - 1;
  #head = 0;
  #size = 0;
  #bytes = 0;

  /** Frames held. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of their payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Origin time of the frame at `position`, in µs. */
  time(position: number): number {
    return this.#times[this.#slot(position)] as number;
  }

  /** The chunk that brought the frame at `position`. */
  chunk(position: number): Chunk {
    return this.#chunks[this.#slot(position)] as Chunk;
  }

  /** Index of the frame at `position` within its chunk. */
  index(position: number): number {
    return this.#indices[this.#slot(position)] as number;
  }

  /** First byte of the frame at `position` within its chunk's payload. */
  start(position: number): number {
    return this.#starts[this.#slot(position)] as number;
  }

  /** End of the bytes of the frame at `position` within its chunk's payload, exclusive. */
  end(position: number): number {
    return this.#ends[this.#slot(position)] as number;
  }

  /** The bytes of the frame at `position`, borrowed from its chunk. */
  payload(position: number): Uint8Array {
    const slot = this.#slot(position);
    const { payload } = this.#chunks[slot] as Chunk;
    const start = this.#starts[slot];
    const end = this.#ends[slot];
    return start === 0 && end === payload.byteLength ? payload : payload.subarray(start, end);
  }

  /** Whether a row has used the frame at `position`. */
  isUsed(position: number): boolean {
    return this.#used[this.#slot(position)] === 1;
  }

  /** Notes that a row uses the frame at `position`; true the first time. */
  use(position: number): boolean {
    const slot = this.#slot(position);
    if (this.#used[slot] === 1) return false;
    this.#used[slot] = 1;
    return true;
  }

  /** Puts a frame in its place by time; false, and nothing done, if one has the very same time. */
  insert(time: number, chunk: Chunk, index: number, start: number, end: number): boolean {
    let position = this.#size;
    while (position > 0 && this.time(position - 1) > time) position--;
    if (position > 0 && this.time(position - 1) === time) return false;
    if (this.#size === this.#times.length) this.#grow();
    for (let i = this.#size; i > position; i--) this.#move(this.#slot(i - 1), this.#slot(i));
    const slot = this.#slot(position);
    this.#times[slot] = time;
    this.#indices[slot] = index;
    this.#starts[slot] = start;
    this.#ends[slot] = end;
    this.#used[slot] = 0;
    this.#chunks[slot] = chunk;
    this.#size++;
    this.#bytes += end - start;
    return true;
  }

  /** Lets go of the oldest frame. */
  dropOldest(): void {
    this.#bytes -= this.end(0) - this.start(0);
    this.#chunks[this.#head] = undefined;
    this.#head = this.#slot(1);
    this.#size--;
  }

  /** Position of the first frame after `time`; `size` if there is none. */
  after(time: number): number {
    // Rows take the oldest frames, so the answer is near the front: no need to halve.
    let position = 0;
    while (position < this.#size && this.time(position) <= time) position++;
    return position;
  }

  #slot(position: number): number {
    return (this.#head + position) & this.#mask;
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number;
    this.#indices[to] = this.#indices[from] as number;
    this.#starts[to] = this.#starts[from] as number;
    this.#ends[to] = this.#ends[from] as number;
    this.#used[to] = this.#used[from] as number;
    this.#chunks[to] = this.#chunks[from];
  }

  #grow(): void {
    const order = Array.from({ length: this.#size }, (_, position) => this.#slot(position));
    const length = this.#times.length * 2;
    const spread = <A extends Float64Array | Uint32Array | Uint8Array>(old: A, fresh: A): A => {
      order.forEach((slot, position) => {
        fresh[position] = old[slot] as number;
      });
      return fresh;
    };
    this.#times = spread(this.#times, new Float64Array(length));
    this.#indices = spread(this.#indices, new Uint32Array(length));
    this.#starts = spread(this.#starts, new Uint32Array(length));
    this.#ends = spread(this.#ends, new Uint32Array(length));
    this.#used = spread(this.#used, new Uint8Array(length));
    const chunks = new Array<Chunk | undefined>(length).fill(undefined);
    order.forEach((slot, position) => {
      chunks[position] = this.#chunks[slot];
    });
    this.#chunks = chunks;
    this.#mask = length - 1;
    this.#head = 0;
  }
}
