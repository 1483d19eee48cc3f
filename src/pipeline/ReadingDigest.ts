import { createHash } from "node:crypto";

import type { Reading } from "../frames/Reading.ts";
import { readingLine } from "./readingLine.ts";

/** Names under which a run's log keeps what a replay must come to. */
export const DIGEST_NOTES = { readings: "readings", sha256: "readings-sha256" } as const;

/** How far a digest has come: all that it takes to go on. */
export interface DigestState {
  readonly count: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** A digest as a log notes it. */
export function digestNotes({ count, sha256 }: DigestState): Readonly<Record<string, string>> {
  return { [DIGEST_NOTES.readings]: String(count), [DIGEST_NOTES.sha256]: sha256 };
}

/**
 * One number for all the readings of a run, bit for bit.
 *
 *     h_0 = "",   h_n = SHA-256(h_{n−1} ‖ line_n),   in hexadecimal
 *
 * A chain rather than one hash over everything: it can be put down and taken up again, so a run that was
 * killed goes on with it.
 */
export class ReadingDigest {
  readonly #markAt: number | undefined;
  #sha256 = "";
  #count = 0;
  #mark: string | undefined;

  /**
   * @param markAt Number of readings after which the digest is remembered as `mark`.
   * @param state Where another one had come to; the start unless given.
   */
  constructor({ markAt, state }: { markAt?: number; state?: DigestState } = {}) {
    this.#markAt = markAt;
    if (state !== undefined) ({ sha256: this.#sha256, count: this.#count } = state);
    this.#remember();
  }

  push(reading: Reading): void {
    this.#sha256 = createHash("sha256")
      .update(this.#sha256)
      .update(readingLine(reading))
      .digest("hex");
    this.#count++;
    this.#remember();
  }

  /** Readings so far. */
  get count(): number {
    return this.#count;
  }

  /** The digest of the readings so far, in hexadecimal; empty before the first. */
  get sha256(): string {
    return this.#sha256;
  }

  /** The digest of the first `markAt` readings; undefined before there are so many. */
  get mark(): string | undefined {
    return this.#mark;
  }

  /** To go on from. */
  get state(): DigestState {
    return { count: this.#count, sha256: this.#sha256 };
  }

  #remember(): void {
    if (this.#count === this.#markAt) this.#mark = this.sha256;
  }
}
