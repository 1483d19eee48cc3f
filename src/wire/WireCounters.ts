import type { WireError, WireReason } from "../errors.ts";
import type { Chunk } from "../frames/Chunk.ts";
import type { Micros } from "../units.ts";
import { topicIn } from "./splitMessage.ts";
import type { Topic } from "./topic.ts";

/** Messages kept to look at, and how much of each. */
const KEPT_REFUSALS = 8;
const KEPT_PARTS = 4;
const KEPT_BYTES = 256;
/** Boots of one publisher remembered to count what it lost. */
const KEPT_EPOCHS = 4;

/** A message that was refused, and why. */
export interface Refusal {
  readonly reason: WireReason;
  /** What was expected and what came. */
  readonly problem: string;
  /** The stream it claims to be of; absent where the topic cannot be read. */
  readonly stream?: string;
  readonly arrivalTime: Micros;
  /** The beginning of each part, copied: at most 256 bytes of at most 4 parts. */
  readonly sample: readonly Uint8Array[];
}

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

interface Tally {
  messages: number;
  frames: number;
  lost: number;
  refused: Partial<Record<WireReason, number>>;
  /** Sequence expected next, by epoch, oldest boot first. */
  next: Map<number, number>;
}

/** Counts what comes in on an inlet. Memory is bounded whatever comes: unknown streams share one tally. */
export class WireCounters {
  /** By site, then by stream: the names come out of a message, a topic would have to be made. */
  readonly #tallies = new Map<string, Map<string, Tally>>();
  readonly #unknown = emptyTally();
  readonly #refusals: Refusal[] = [];

  /** @param streams The streams that get a tally of their own. */
  constructor(streams: readonly { readonly site: string; readonly stream: string }[]) {
    for (const stream of streams) this.declare(stream);
  }

  /** Gives a stream a tally of its own; one that has it keeps it. */
  declare({ site, stream }: { readonly site: string; readonly stream: string }): void {
    const tallies = this.#tallies.get(site) ?? new Map<string, Tally>();
    if (!tallies.has(stream)) this.#tallies.set(site, tallies.set(stream, emptyTally()));
  }

  /** Forgets a stream: what still comes of it is nobody's. */
  withdraw({ site, stream }: { readonly site: string; readonly stream: string }): void {
    this.#tallies.get(site)?.delete(stream);
  }

  /** Counts of one stream. Those of an unknown one are all zero. */
  of(site: string, stream: string): StreamCounters {
    return copyOf(this.#tallies.get(site)?.get(stream) ?? emptyTally());
  }

  /** Counts of what belongs to no stream we know, or whose topic cannot be read. */
  get unknown(): StreamCounters {
    return copyOf(this.#unknown);
  }

  /** The last few refused messages, oldest first: quarantined for a person to look at. */
  get refusals(): readonly Refusal[] {
    return [...this.#refusals];
  }

  acceptChunk(chunk: Chunk): void {
    const tally = this.#tally(chunk.site, chunk.stream);
    const frames = chunk.originTimes.length;
    tally.messages++;
    tally.frames += frames;
    const expected = tally.next.get(chunk.epoch);
    if (expected !== undefined && chunk.firstSequence > expected)
      tally.lost += chunk.firstSequence - expected;
    tally.next.set(chunk.epoch, Math.max(expected ?? 0, chunk.firstSequence + frames));
    if (tally.next.size > KEPT_EPOCHS)
      for (const oldest of tally.next.keys()) {
        tally.next.delete(oldest);
        break;
      }
  }

  acceptNotice({ site, stream }: { readonly site: string; readonly stream: string }): void {
    this.#tally(site, stream).messages++;
  }

  refuse(parts: readonly Uint8Array[], error: WireError, arrivalTime: Micros): Refusal {
    const claimed = claimedBy(parts);
    const tally = claimed ? this.#tally(claimed.site, claimed.stream) : this.#unknown;
    tally.refused[error.reason] = (tally.refused[error.reason] ?? 0) + 1;
    const refusal: Refusal = {
      reason: error.reason,
      problem: error.message,
      ...(claimed === undefined ? {} : { stream: claimed.stream }),
      arrivalTime,
      sample: parts
        .slice(0, KEPT_PARTS)
        .map((part) => Uint8Array.from(part.subarray(0, KEPT_BYTES))),
    };
    this.#refusals.push(refusal);
    if (this.#refusals.length > KEPT_REFUSALS) this.#refusals.shift();
    return refusal;
  }

  #tally(site: string, stream: string): Tally {
    return this.#tallies.get(site)?.get(stream) ?? this.#unknown;
  }
}

function emptyTally(): Tally {
  return { messages: 0, frames: 0, lost: 0, refused: {}, next: new Map() };
}

function copyOf({ messages, frames, lost, refused }: Tally): StreamCounters {
  return { messages, frames, lost, refused: { ...refused } };
}

function claimedBy(parts: readonly Uint8Array[]): Topic | undefined {
  try {
    return topicIn(parts);
  } catch {
    // An unreadable topic is counted as nobody's; the refusal itself says what was wrong with it.
    return undefined;
  }
}
