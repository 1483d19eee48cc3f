import type { WireError, WireReason } from "../errors.ts";
import type { Micros } from "../units.ts";
import { type StreamCounters, StreamTally } from "./StreamTally.ts";
import { topicIn } from "./splitMessage.ts";
import type { Topic } from "./topic.ts";

/** Messages kept to look at, and how much of each. */
const KEPT_REFUSALS = 8;
const KEPT_PARTS = 4;
const KEPT_BYTES = 256;

export type { StreamCounters } from "./StreamTally.ts";

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

/** Counts what comes in on an inlet. Memory is bounded whatever comes: unknown streams share one tally. */
export class WireCounters {
  /** By site, then by stream: the names come out of a message, a topic would have to be made. */
  readonly #tallies = new Map<string, Map<string, StreamTally>>();
  readonly #unknown = new StreamTally();
  readonly #refusals: Refusal[] = [];

  /** @param streams The streams that get a tally of their own. */
  constructor(streams: readonly { readonly site: string; readonly stream: string }[]) {
    for (const stream of streams) this.declare(stream);
  }

  /** Gives a stream a tally of its own; one that has it keeps it. */
  declare({ site, stream }: { readonly site: string; readonly stream: string }): void {
    const tallies = this.#tallies.get(site) ?? new Map<string, StreamTally>();
    if (!tallies.has(stream)) this.#tallies.set(site, tallies.set(stream, new StreamTally()));
  }

  /** Forgets a stream: what still comes of it is nobody's. */
  withdraw({ site, stream }: { readonly site: string; readonly stream: string }): void {
    this.#tallies.get(site)?.delete(stream);
  }

  /** Counts of one stream. Those of an unknown one are all zero. */
  of(site: string, stream: string): StreamCounters {
    return (this.#tallies.get(site)?.get(stream) ?? new StreamTally()).counters();
  }

  /** Counts of what belongs to no stream we know, or whose topic cannot be read. */
  get unknown(): StreamCounters {
    return this.#unknown.counters();
  }

  /** The last few refused messages, oldest first: quarantined for a person to look at. */
  get refusals(): readonly Refusal[] {
    return [...this.#refusals];
  }

  /** Where what comes of one stream is counted; one place for all unknown ones. */
  tally(site: string, stream: string): StreamTally {
    return this.#tallies.get(site)?.get(stream) ?? this.#unknown;
  }

  /** Counts a message as refused and keeps a sample of it. */
  refuse(parts: readonly Uint8Array[], error: WireError, arrivalTime: Micros): Refusal {
    const claimed = claimedBy(parts);
    const tally = claimed ? this.tally(claimed.site, claimed.stream) : this.#unknown;
    tally.refuse(error.reason);
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
}

function claimedBy(parts: readonly Uint8Array[]): Topic | undefined {
  try {
    return topicIn(parts);
  } catch {
    // An unreadable topic is counted as nobody's; the refusal itself says what was wrong with it.
    return undefined;
  }
}
