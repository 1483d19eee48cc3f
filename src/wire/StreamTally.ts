import type { WireReason } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";

/** Boots of one publisher remembered to count what it lost. */
const KEPT_EPOCHS = 4;

/** What came of one stream. */
export interface StreamCounters {
  /** Messages accepted, heartbeats too. */
  readonly messages: number;
  /** Frames accepted. */
  readonly frames: number;
  /** Frames that the publisher numbered but that never came, or not in order. */
  readonly lost: number;
  /** Messages refused, by reason; reasons that never occurred are absent. */
  readonly refused: Readonly<Partial<Record<WireReason, number>>>;
}

/** Counts what comes of one stream. Bounded: the gaps of the last 4 boots of its publisher are counted. */
export class StreamTally {
  #messages = 0;
  #frames = 0;
  #lost = 0;
  readonly #refused: Partial<Record<WireReason, number>> = {};
  /** The boot heard last, and the sequence expected of it. */
  #epoch = -1;
  #expected = 0;
  /** Sequence expected next of the boots before it, the oldest first. */
  readonly #earlier = new Map<number, number>();

  /** A chunk was accepted. */
  acceptChunk({ epoch, firstSequence, originTimes }: Chunk): void {
    const frames = originTimes.length;
    this.#messages++;
    this.#frames += frames;
    if (epoch !== this.#epoch) this.#open(epoch, firstSequence);
    if (firstSequence > this.#expected) this.#lost += firstSequence - this.#expected;
    this.#expected = Math.max(this.#expected, firstSequence + frames);
  }

  /** A heartbeat or farewell was accepted. */
  acceptNotice(): void {
    this.#messages++;
  }

  /** A message was refused. */
  refuse(reason: WireReason): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  /** The counts so far. */
  counters(): StreamCounters {
    const refused = { ...this.#refused };
    return { messages: this.#messages, frames: this.#frames, lost: this.#lost, refused };
  }

  /** Turns to another boot; of one that was not heard before nothing is missing yet. */
  #open(epoch: number, firstSequence: number): void {
    if (this.#epoch >= 0) this.#earlier.set(this.#epoch, this.#expected);
    this.#expected = this.#earlier.get(epoch) ?? firstSequence;
    this.#epoch = epoch;
    this.#earlier.delete(epoch);
    const [oldest] = this.#earlier.keys();
    if (oldest !== undefined && this.#earlier.size >= KEPT_EPOCHS) this.#earlier.delete(oldest);
  }
}
