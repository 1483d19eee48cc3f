import { StickyDecoder, type StickyDecoderSnapshot } from "./StickyDecoder.ts";

/** A stretch of rows in one state. */
export interface Run {
  readonly state: number;
  /** Row numbers [from, to), counted from the chain's first row. */
  readonly from: number;
  readonly to: number;
}

/** What one chain tells apart, and how stubbornly. */
export interface EventChainOptions {
  /** [states] how often each holds; state 0 is "no event". */
  readonly prior: readonly number[];
  readonly priorExponent: number;
  readonly switchCost: number;
  readonly onsetCost: number;
  readonly offsetCost: number;
  readonly lagRows: number;
}

/** What a chain remembers. */
export interface EventChainSnapshot {
  readonly decoder: StickyDecoderSnapshot;
  readonly rows: number;
  readonly open?: Run;
  readonly recent: readonly number[];
}

/**
 * Rows as runs of states that exclude one another: the settled ones once they have ended, and those that
 * may still change.
 */
export class EventChain {
  readonly #decoder: StickyDecoder;
  /** Rows taken. */
  #rows = 0;
  /** The settled run that has not ended yet. */
  #open: Run | undefined;
  /** States of the rows behind it. */
  #recent: readonly number[] = [];

  /** @throws {ConfigError} As `StickyDecoder`. */
  constructor(options: EventChainOptions) {
    this.#decoder = new StickyDecoder({ ...options, silence: 0 });
  }

  /**
   * Takes the next row.
   *
   * @param logProbabilities [states] natural log.
   * @returns The run that ended with it for good.
   */
  push(logProbabilities: ArrayLike<number>): Run | undefined {
    this.#rows++;
    const { settled, recent } = this.#decoder.push(logProbabilities);
    this.#recent = recent;
    return settled === undefined ? undefined : this.#settle(settled);
  }

  /** Ends the chain: all runs that are left, as they stand. */
  flush(): Run[] {
    const ended = this.runs();
    this.#recent = [];
    this.#open = undefined;
    return ended;
  }

  /** Runs that have not ended for good, the settled one first. */
  runs(): Run[] {
    const runs: Run[] = this.#open === undefined ? [] : [this.#open];
    let at = this.settledRows;
    for (const state of this.#recent) {
      const last = runs.at(-1);
      if (last?.state === state) runs[runs.length - 1] = { ...last, to: at + 1 };
      else runs.push({ state, from: at, to: at + 1 });
      at++;
    }
    return runs;
  }

  /** Rows that have been decided for good. */
  get settledRows(): number {
    return this.#rows - this.#recent.length;
  }

  /** First row that a run to come may need; silence may last for hours and is never described. */
  get needsFrom(): number {
    const open = this.#open;
    if (open === undefined) return this.settledRows;
    return open.state === 0 ? open.to : open.from;
  }

  /** All that it remembers. */
  snapshot(): EventChainSnapshot {
    return {
      decoder: this.#decoder.snapshot(),
      rows: this.#rows,
      ...(this.#open !== undefined && { open: this.#open }),
      recent: this.#recent,
    };
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore({ decoder, rows, open, recent }: EventChainSnapshot): void {
    this.#decoder.restore(decoder);
    this.#rows = rows;
    this.#open = open;
    this.#recent = recent;
  }

  #settle(state: number): Run | undefined {
    const open = this.#open;
    const at = this.settledRows - 1;
    if (open?.state === state) {
      this.#open = { ...open, to: open.to + 1 };
      return undefined;
    }
    this.#open = { state, from: at, to: at + 1 };
    return open;
  }
}
