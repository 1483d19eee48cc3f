import { ConfigError } from "../errors.ts";
import type { Reading, SubsetReading } from "../frames/Reading.ts";

/** What would become of the answer if one stream were lost this very moment. */
export interface LossForecast {
  /** The stream that would be lost. */
  readonly lost: string;
  /** Class that the remaining streams name; undefined when none would remain. */
  readonly classIndex: number | undefined;
  /** Its probability, in [0, 1]. */
  readonly probability: number;
  /** Share of the recent readings in which the remaining streams named the same class, in [0, 1]. */
  readonly agreement: number;
}

/** What a drill remembers. */
export type DrillSnapshot = Readonly<Record<string, readonly number[]>>;

/** Key of a set of streams whatever their order. */
function keyOf(streams: readonly string[]): string {
  return [...streams].sort().join("+");
}

/** Index of the largest value; 0 for an empty array. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++)
    if ((values[index] ?? -Infinity) > (values[best] ?? -Infinity)) best = index;
  return best;
}

/**
 * The robustness drill: what every subset of the present streams would have answered, kept as
 * agreement with the full answer over the last readings.
 *
 * Nothing is dropped for it: the model answers for all subsets in the same run, so the forecast costs
 * no second inference and is there before anything fails.
 */
export class SubsetDrill {
  readonly #memory: number;
  readonly #ignored: ReadonlySet<string>;
  /** Ring of agreements (1) and disagreements (0) per lost stream. */
  readonly #history = new Map<string, number[]>();
  #last: readonly LossForecast[] = [];

  /**
   * @param memory How many readings the agreement looks back, at least 1.
   * @param ignored Streams that never take part in the answer.
   * @throws {ConfigError} If `memory` < 1.
   */
  constructor({ memory, ignored = [] }: { memory: number; ignored?: readonly string[] }) {
    if (!(memory >= 1)) throw new ConfigError("SubsetDrill", `memory must be >= 1, got ${memory}`);
    this.#memory = memory;
    this.#ignored = new Set(ignored);
  }

  /** Takes one reading into account and forecasts the loss of each stream present in it. */
  push(reading: Reading): readonly LossForecast[] {
    const bySet = new Map<string, SubsetReading>();
    for (const subset of reading.subsets) bySet.set(keyOf(subset.streams), subset);
    const present = Object.keys(reading.streams).filter((stream) => !this.#ignored.has(stream));
    const full = bySet.get(keyOf(present));
    this.#last =
      full === undefined
        ? []
        : present.map((lost) => {
            const rest = bySet.get(keyOf(present.filter((stream) => stream !== lost)));
            const classIndex = rest === undefined ? undefined : argmax(rest.logProbabilities);
            const agrees = classIndex === argmax(full.logProbabilities);
            const history = this.#history.get(lost) ?? [];
            history.push(agrees ? 1 : 0);
            if (history.length > this.#memory) history.shift();
            this.#history.set(lost, history);
            return {
              lost,
              classIndex,
              probability:
                rest === undefined || classIndex === undefined
                  ? 0
                  : Math.exp(rest.logProbabilities[classIndex] ?? -Infinity),
              agreement: history.reduce((sum, agreed) => sum + agreed, 0) / history.length,
            };
          });
    return this.#last;
  }

  /** How the streams agreed lately: per lost stream 1 or 0 for each of the last readings, oldest first. */
  snapshot(): DrillSnapshot {
    return Object.fromEntries([...this.#history].map(([lost, history]) => [lost, [...history]]));
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore(snapshot: DrillSnapshot): void {
    this.#history.clear();
    for (const [lost, history] of Object.entries(snapshot)) this.#history.set(lost, [...history]);
  }

  /** The forecast of the last reading. */
  get forecast(): readonly LossForecast[] {
    return this.#last;
  }
}
