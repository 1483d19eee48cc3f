import type { LogRecord } from "../../src/log/LogRecord.ts";

/** What became of one stream. */
export interface GapTally {
  readonly frames: number;
  /** Boots of its publisher. */
  readonly boots: number;
  /** Frames that the publisher numbered and that never came: gaps that nothing explains. */
  readonly lost: number;
  /** Times that it counted as idle. */
  readonly idle: number;
}

/** Counts what is missing of each stream in a log as it grows. */
export class StreamGaps {
  readonly #streams = new Map<string, { -readonly [Key in keyof GapTally]: GapTally[Key] }>();
  readonly #next = new Map<string, number>();

  observe(record: LogRecord): void {
    if (record.kind === "IDLE") this.#tally(record.stream).idle++;
    if (record.kind !== "DATA") return;
    const { stream, epoch, firstSequence, originTimes } = record.chunk;
    const tally = this.#tally(stream);
    const key = `${stream} ${epoch}`;
    const expected = this.#next.get(key);
    if (expected === undefined) tally.boots++;
    tally.lost += Math.max(0, firstSequence - (expected ?? 0));
    tally.frames += originTimes.length;
    this.#next.set(key, firstSequence + originTimes.length);
  }

  of(stream: string): GapTally {
    return { ...this.#tally(stream) };
  }

  #tally(stream: string) {
    const tally = this.#streams.get(stream) ?? { frames: 0, boots: 0, lost: 0, idle: 0 };
    this.#streams.set(stream, tally);
    return tally;
  }
}
