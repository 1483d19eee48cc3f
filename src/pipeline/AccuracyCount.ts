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
 * Where a row lacks a stream of a subset, those that are there answer; where it lacks all, the prior. A stretch in which
 * no stream of a subset was ever there says nothing about that subset.
 */
export class AccuracyCount {
  readonly #subsets: readonly (readonly string[])[];
  readonly #prior: Float32Array;
  readonly #counts = new Map<string, Pick<SlotScore, "correct" | "total">>();

  /** @param subsets Streams of each, in pipeline order. */
  constructor(subsets: readonly (readonly string[])[], prior: readonly number[]) {
    this.#subsets = subsets;
    this.#prior = logPrior(prior);
  }

  /** A stretch of rows of its own: events are looked for within it. */
  start(): CountedAnswers {
    const readings = this.#subsets.map((): ScoredReading[] => []);
    const seen = new Set<string>();
    return {
      push: (labelTime, subsets) => {
        const bySubset = new Map(subsets.map((each) => [each.streams.join("+"), each]));
        const there = new Set(subsets.at(-1)?.streams);
        for (const name of there) seen.add(name);
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
          const slots = Object.values(score(readings[at]?.splice(0) ?? []));
          if (!streams.some((name) => seen.has(name))) continue;
          const key = streams.join("+");
          const before = this.#counts.get(key) ?? { correct: 0, total: 0 };
          this.#counts.set(key, {
            correct: slots.reduce((sum, { correct }) => sum + correct, before.correct),
            total: slots.reduce((sum, { total }) => sum + total, before.total),
          });
        }
        seen.clear();
      },
    };
  }

  /**
   * Share of the events that each subset named right, by its streams joined by `+`; without those that no event
   * tells of.
   */
  accuracies(): Record<string, number> {
    return Object.fromEntries(
      [...this.#counts].flatMap(([key, { correct, total }]) =>
        total === 0 ? [] : [[key, correct / total]],
      ),
    );
  }
}
