import type { Bytes, Micros } from "../units.ts";

/** How much of a recording is kept. What is over goes, oldest segment first; at least one stays. */
export interface RetentionOptions {
  /** Bytes of all segments together, the open one included. */
  readonly bytes?: Bytes;
  /** Age of the newest record of a segment, by the writer's clock. */
  readonly age?: Micros;
}

/** A segment that is complete. */
export interface ClosedSegment {
  readonly path: string;
  readonly bytes: number;
  /** Log time of its last record. */
  readonly to: Micros;
}

/**
 * Says which segments of a recording may go.
 *
 * Where a recording has checkpoints the last one stays: a run that is killed goes on from it.
 */
export class Retention {
  readonly #options: RetentionOptions;
  #segments: readonly ClosedSegment[] = [];
  /** Path of the segment with the last checkpoint. */
  #checkpoint: string | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Segments that are there, but for the open one. */
  get segments(): readonly ClosedSegment[] {
    return this.#segments;
  }

  /** A segment is complete. */
  closed(segment: ClosedSegment): void {
    this.#segments = [...this.#segments, segment];
  }

  /** A checkpoint was put into a segment. */
  checkpointed(path: string): void {
    this.#checkpoint = path;
  }

  /**
   * Takes the segments off its books that are over, oldest first.
   *
   * @param openBytes Bytes of the open segment.
   */
  due(now: Micros, openBytes: number): readonly ClosedSegment[] {
    const { bytes = Number.POSITIVE_INFINITY, age = Number.POSITIVE_INFINITY } = this.#options;
    let total = this.#segments.reduce((sum, segment) => sum + segment.bytes, openBytes);
    let over = 0;
    for (const { bytes: size, to, path } of this.#segments) {
      if (path === this.#checkpoint || (total <= bytes && now - to <= age)) break;
      total -= size;
      over++;
    }
    const due = this.#segments.slice(0, over);
    this.#segments = this.#segments.slice(over);
    return due;
  }
}
