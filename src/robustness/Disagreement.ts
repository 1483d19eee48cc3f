import type { Reading } from "../frames/Reading.ts";
import { argMax } from "../tensor/argMax.ts";

/** How two streams get on. */
interface Pair {
  /** Rows that counted, no more than are needed to be believed. */
  readonly rows: number;
  /** Share of the recent ones in which they named different classes. */
  readonly rate: number;
}

/** What it remembers, by the two streams' names. */
export type DisagreementSnapshot = Readonly<Record<string, Pair>>;

/** Time constant of the share, in rows that count. */
const ROWS = 60;
/** A stream is taken at its word from this probability on. */
const SURE = 0.5;
/** Share of the rows from which on two streams contradict each other. */
const CONTRADICTS = 0.7;
/** Share up to which two streams get on. */
const AGREES = 0.45;

/**
 * Follows how often two streams, each sure of itself, name different things.
 *
 * Rows count in which both are sure and at least one names an event: that both hear nothing is no
 * agreement, and who does not know contradicts nobody.
 */
export class Disagreement {
  readonly #silence: number;
  readonly #pairs = new Map<string, Pair>();

  /** @param silence Index of the class that is no event. */
  constructor(silence: number) {
    this.#silence = silence;
  }

  /** Takes the next row, for the streams given. */
  push({ streams }: Reading, names: readonly string[]): void {
    const said = names.flatMap((name) => {
      const own = streams[name]?.logProbabilities;
      if (own === undefined) return [];
      const named = argMax(own);
      return Math.exp(own[named] ?? -Infinity) >= SURE ? [{ name, named }] : [];
    });
    for (const [at, one] of said.entries())
      for (const other of said.slice(at + 1)) {
        if (one.named === this.#silence && other.named === this.#silence) continue;
        const key = keyOf(one.name, other.name);
        const { rows, rate } = this.#pairs.get(key) ?? { rows: 0, rate: 0 };
        const differs = one.named === other.named ? 0 : 1;
        const share = 1 / Math.min(rows + 1, ROWS);
        this.#pairs.set(key, {
          rows: Math.min(rows + 1, ROWS),
          rate: rate + share * (differs - rate),
        });
      }
  }

  /** Whether a stream contradicts every one of the others. False where there are none. */
  contradictsAll(name: string, others: readonly string[]): boolean {
    return others.length > 0 && others.every((other) => this.#rate(name, other) >= CONTRADICTS);
  }

  /** Whether at least two streams get on with one another, all of them. */
  agree(names: readonly string[]): boolean {
    return (
      names.length > 1 &&
      names.every((one, at) =>
        names.slice(at + 1).every((other) => this.#rate(one, other) <= AGREES),
      )
    );
  }

  /** All that it remembers. */
  snapshot(): DisagreementSnapshot {
    return Object.fromEntries(this.#pairs);
  }

  /** Goes on where another gave this snapshot. */
  restore(snapshot: DisagreementSnapshot): void {
    this.#pairs.clear();
    for (const [key, pair] of Object.entries(snapshot)) this.#pairs.set(key, pair);
  }

  /** Share of different names; in between until enough rows have counted. */
  #rate(one: string, other: string): number {
    const { rows = 0, rate = 0 } = this.#pairs.get(keyOf(one, other)) ?? {};
    return rows < ROWS ? (CONTRADICTS + AGREES) / 2 : rate;
  }
}

function keyOf(one: string, other: string): string {
  return [one, other].sort().join("+");
}
