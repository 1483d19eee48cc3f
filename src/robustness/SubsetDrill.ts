import { ConfigError } from "../errors.ts";
import type { Reading } from "../frames/Reading.ts";
import { argMax } from "../tensor/argMax.ts";
import type { Micros } from "../units.ts";
import type { KnownSpan } from "./KnownSpan.ts";
import { NumberRing } from "./NumberRing.ts";
import {
  type DrillRow,
  NONE,
  SubsetGauge,
  type SubsetGaugeSnapshot,
  type SubsetReport,
} from "./SubsetGauge.ts";

/** What would become of the answer if one stream were lost this very moment. */
export interface LossForecast {
  /** The stream that would be lost. */
  readonly lost: string;
  /** Class that the remaining streams name; undefined when none would remain. */
  readonly classIndex: number | undefined;
  /** Its probability, in [0, 1]. */
  readonly probability: number;
  /** Share of the last minute's rows in which the remaining streams named the same class, in [0, 1]. */
  readonly agreement: number;
}

/** What a drill remembers. */
export interface DrillSnapshot {
  readonly known: readonly KnownSpan[];
  readonly times: Float64Array;
  readonly rows: Int32Array;
  readonly gauges: Readonly<Record<string, SubsetGaugeSnapshot>>;
}

export interface SubsetDrillOptions {
  /** How many rows the gauges look back, at least 1. */
  readonly rows: number;
  /** Index of the class that is no event. */
  readonly silence: number;
}

/** A row in 32 bits: class that all named + 1, true class + 1, streams that were there. */
const pack = ({ full, truth, present }: DrillRow): number =>
  (full + 1) | ((truth + 1) << 12) | (present << 24);
const unpack = (row: number): DrillRow => ({
  full: (row & 0xfff) - 1,
  truth: ((row >>> 12) & 0xfff) - 1,
  present: row >>> 24,
});

/**
 * The robustness drill: what every subset of the present streams would have answered, and how much that
 * has been worth over the last minute.
 *
 * Nothing is dropped for it: the model answers for all subsets in the same run, so the forecast costs
 * no second inference and is there before anything fails.
 */
export class SubsetDrill {
  readonly #options: SubsetDrillOptions;
  readonly #times: NumberRing<Float64Array>;
  readonly #rows: NumberRing<Int32Array>;
  /** By subset, streams joined by + in the order of the readings. */
  readonly #gauges = new Map<string, SubsetGauge>();
  /** Labels that rows to come may fall in. */
  #known: KnownSpan[] = [];

  /** @throws {ConfigError} If `rows` is not an integer ≥ 1. */
  constructor(options: SubsetDrillOptions) {
    const { rows } = options;
    if (!(Number.isSafeInteger(rows) && rows >= 1))
      throw new ConfigError("SubsetDrill", `rows must be an integer >= 1, got ${rows}`);
    this.#options = options;
    this.#times = new NumberRing(new Float64Array(rows));
    this.#rows = new NumberRing(new Int32Array(rows));
  }

  /** Takes one reading into account and forecasts the loss of each stream present in it. */
  push(answer: Reading): readonly LossForecast[] {
    const { labelTime, logProbabilities, subsets } = answer;
    this.#known = this.#known.filter(({ to }) => to > labelTime);
    const present = Object.keys(answer.streams);
    const row: DrillRow = {
      full: argMax(logProbabilities),
      present: present.length,
      truth: this.#known.find(({ from }) => from <= labelTime)?.classIndex ?? NONE,
    };
    this.#times.push(labelTime);
    this.#rows.push(pack(row));
    const own = new Map(subsets.map((subset) => [subset.streams.join("+"), subset]));
    for (const [key, { streams }] of own) if (!this.#gauges.has(key)) this.#add(key, streams);
    for (const [key, gauge] of this.#gauges)
      gauge.push(row, logProbabilities, own.get(key)?.logProbabilities);
    return present.map((lost) => this.#without(lost, present, answer));
  }

  /** Somebody says what was truly there, early or late; rows of the last minute and of the future count. */
  label(classIndex: number, from: Micros, to: Micros): void {
    this.#known.push({ classIndex, from, to });
    for (let at = 0; at < this.#times.length; at++) {
      const time = this.#times.get(at);
      if (time < from || time >= to) continue;
      this.#rows.set(at, pack({ ...unpack(this.#rows.get(at)), truth: classIndex }));
      for (const gauge of this.#gauges.values())
        gauge.correct(this.#times.length - 1 - at, classIndex);
    }
  }

  /** How every subset that has ever been present has done over the last minute, larger ones first. */
  get report(): readonly SubsetReport[] {
    return [...this.#gauges.values()]
      .map((gauge) => gauge.report(this.#rowAt, this.#options.silence))
      .sort((a, b) => b.streams.length - a.streams.length);
  }

  /** All that it remembers. */
  snapshot(): DrillSnapshot {
    return {
      known: [...this.#known],
      times: this.#times.snapshot(),
      rows: this.#rows.snapshot(),
      gauges: Object.fromEntries([...this.#gauges].map(([key, gauge]) => [key, gauge.snapshot()])),
    };
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore({ known, times, rows, gauges }: DrillSnapshot): void {
    this.#known = [...known];
    this.#times.restore(times);
    this.#rows.restore(rows);
    this.#gauges.clear();
    for (const [key, snapshot] of Object.entries(gauges))
      this.#add(key, key.split("+")).restore(snapshot);
  }

  readonly #rowAt = (age: number): DrillRow => unpack(this.#rows.get(this.#rows.length - 1 - age));

  #add(key: string, streams: readonly string[]): SubsetGauge {
    const gauge = new SubsetGauge(streams, this.#options.rows);
    this.#gauges.set(key, gauge);
    return gauge;
  }

  #without(lost: string, present: readonly string[], { subsets }: Reading): LossForecast {
    const rest = subsets.find(
      ({ streams }) => streams.length === present.length - 1 && !streams.includes(lost),
    );
    if (rest === undefined) return { lost, classIndex: undefined, probability: 0, agreement: 0 };
    const classIndex = argMax(rest.logProbabilities);
    return {
      lost,
      classIndex,
      probability: Math.exp(rest.logProbabilities[classIndex] ?? -Infinity),
      agreement: this.#gauges.get(rest.streams.join("+"))?.agreement(this.#rowAt) ?? 1,
    };
  }
}
