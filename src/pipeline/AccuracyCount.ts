import type { ScoredReading, SlotScore } from "../localize/score.ts";
import type { RowOutputs } from "../models/unified/inference.ts";
import { logPrior } from "../models/unified/logPrior.ts";
import type { Micros } from "../units.ts";

/** What each subset of the streams that are there says at a row; the last is all of them. */
type Subsets = RowOutputs["subsets"];

/** The answers of one stretch of rows, by subset. */
export interface CountedAnswers {
  /** Takes the next row's answers. */
  push(labelTime: Micros, subsets: Subsets): void;
  /** Counts what came, scored by `score`, and forgets it. */
  finish(score: (readings: readonly ScoredReading[]) => Readonly<Record<string, SlotScore>>): void;
}

/**
 * Counts how often events are named right, by each subset of the streams, from what every reading says all
 * subsets would have said.
 *
 * Where a row lacks a stream of a subset, those that are there answer; where it lacks all, the prior.
 */
export class AccuracyCount {
  readonly #subsets: readonly (readonly string[])[];
  readonly #prior: Float32Array;
  readonly #right = new Map<string, number>();
  #total = 0;

  /** @param subsets Streams of each, in pipeline order. */
  constructor(subsets: readonly (readonly string[])[], prior: readonly number[]) {
    this.#subsets = subsets;
    this.#prior = logPrior(prior);
  }

  /** A stretch of rows of its own: events are looked for within it. */
  start(): CountedAnswers {
    const readings = this.#subsets.map((): ScoredReading[] => []);
    return {
      push: (labelTime, subsets) => {
        const bySubset = new Map(subsets.map((each) => [each.streams.join("+"), each]));
        const there = new Set(subsets.at(-1)?.streams);
        for (const [at, streams] of this.#subsets.entries()) {
          const key = streams.filter((name) => there.has(name)).join("+");
          readings[at]?.push({
            labelTime,
            logProbabilities: bySubset.get(key)?.logProbabilities ?? this.#prior,
          });
        }
      },
      finish: (score) => {
        for (const [at, streams] of this.#subsets.entries()) {
          const slots = Object.values(score(readings[at] ?? []));
          const key = streams.join("+");
          const right = slots.reduce((sum, { correct }) => sum + correct, 0);
          this.#right.set(key, (this.#right.get(key) ?? 0) + right);
          if (at === 0) this.#total += slots.reduce((sum, { total }) => sum + total, 0);
          readings[at]?.splice(0);
        }
      },
    };
  }

  /** Share of all events that each subset named right, by its streams joined by `+`; none where no event was. */
  accuracies(): Record<string, number> {
    if (this.#total === 0) return {};
    return Object.fromEntries([...this.#right].map(([key, right]) => [key, right / this.#total]));
  }
}
