import { createHash } from "node:crypto";

import type { Reading } from "../frames/Reading.ts";
import { readingLine } from "./readingLine.ts";

/** Names under which a run's log keeps what a replay must come to. */
export const DIGEST_NOTES = { readings: "readings", sha256: "readings-sha256" } as const;

/** One number for all the readings of a run, bit for bit: SHA-256 of their lines. */
export class ReadingDigest {
  readonly #hash = createHash("sha256");
  readonly #markAt: number | undefined;
  #count = 0;
  #mark: string | undefined;

  /** @param markAt Number of readings after which the digest is remembered as `mark`. */
  constructor(markAt?: number) {
    this.#markAt = markAt;
    this.#remember();
  }

  push(reading: Reading): void {
    this.#hash.update(readingLine(reading));
    this.#count++;
    this.#remember();
  }

  /** Readings so far. */
  get count(): number {
    return this.#count;
  }

  /** The digest of the readings so far, in hexadecimal. */
  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  /** The digest of the first `markAt` readings; undefined before there are so many. */
  get mark(): string | undefined {
    return this.#mark;
  }

  #remember(): void {
    if (this.#count === this.#markAt) this.#mark = this.sha256;
  }
}
