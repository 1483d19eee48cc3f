import { argMax } from "../tensor/argMax.ts";
import { ConfidenceMap, type ConfidenceMapSnapshot } from "./ConfidenceMap.ts";
import { NumberRing } from "./NumberRing.ts";

/** How one subset of the streams has done over the last minute. Shares in [0, 1]. */
export interface SubsetReport {
  readonly streams: readonly string[];
  /** Rows at which it was there. */
  readonly rows: number;
  /**
   * Share of those at which others were there too in which it named the same class as all together;
   * absent where there is none.
   */
  readonly agreement?: number;
  /** The same of the rows in which either named an event; absent where there is none. */
  readonly eventAgreement?: number;
  /**
   * Mean probability, by all together, of the class it named: the accuracy to expect of it alone. Absent
   * as `agreement`.
   */
  readonly expected?: number;
  /** Mean of its own probability for the class it named, calibrated by how right it was before. */
  readonly confidence?: number;
  /** Rows for which somebody said what was true. */
  readonly labelled: number;
  /** Share of those in which it named that; absent where `labelled` is 0. */
  readonly accuracy?: number;
}

/** What a row came to, whichever subset is asked about. */
export interface DrillRow {
  /** Class that all together named. */
  readonly full: number;
  /** Streams that were there. */
  readonly present: number;
  /** The class that is known to have held; `NONE` where nobody said. */
  readonly truth: number;
}

/** What a gauge remembers. */
export interface SubsetGaugeSnapshot {
  readonly rows: Int32Array;
  readonly calibration: ConfidenceMapSnapshot;
}

/** Stands for no class. */
export const NONE = -1;

/** A row in 32 bits: class named + 1, then two probabilities in 255ths; 0 where the subset was absent. */
const STEPS = 255;
const pack = (named: number, expected: number, stated: number): number =>
  (named + 1) | (Math.round(expected * STEPS) << 16) | (Math.round(stated * STEPS) << 24);
const namedIn = (row: number): number => (row & 0xffff) - 1;
const expectedIn = (row: number): number => ((row >>> 16) & 0xff) / STEPS;
const statedIn = (row: number): number => (row >>> 24) / STEPS;

/** Follows what one subset names. Its rows are those of the drill: the newest is the newest there. */
export class SubsetGauge {
  readonly streams: readonly string[];
  readonly #rows: NumberRing<Int32Array>;
  readonly #calibration = new ConfidenceMap();

  /** @param rows How many it looks back. */
  constructor(streams: readonly string[], rows: number) {
    this.streams = streams;
    this.#rows = new NumberRing(new Int32Array(rows));
  }

  /**
   * Takes the next row.
   *
   * @param row What it came to.
   * @param all [classes] log-probabilities by all together.
   * @param own [classes] the subset's; undefined where it was not there.
   */
  push(row: DrillRow, all: Float32Array, own: Float32Array | undefined): void {
    if (own === undefined) {
      this.#rows.push(0);
      return;
    }
    const named = argMax(own);
    const probability = (of: Float32Array): number => Math.min(Math.exp(of[named] ?? -Infinity), 1);
    const stated = probability(own);
    this.#rows.push(pack(named, probability(all), stated));
    if (row.truth !== NONE) this.#calibration.learn(stated, named === row.truth ? 1 : 0);
    else if (this.#isPart(row)) this.#calibration.learn(stated, named === row.full ? 1 : 0);
  }

  /** Learns what was true at a row after all. @param age 0 is the newest row. */
  correct(age: number, truth: number): void {
    const at = this.#rows.length - 1 - age;
    const row = at < 0 ? 0 : this.#rows.get(at);
    if (namedIn(row) !== NONE)
      this.#calibration.learn(statedIn(row), namedIn(row) === truth ? 1 : 0);
  }

  /** `SubsetReport.agreement` alone. @param rowAt The drill's row of an age; 0 is the newest. */
  agreement(rowAt: (age: number) => DrillRow): number | undefined {
    let [rows, same] = [0, 0];
    this.#each(rowAt, (packed, row) => {
      if (!this.#isPart(row)) return;
      rows++;
      if (namedIn(packed) === row.full) same++;
    });
    return rows === 0 ? undefined : same / rows;
  }

  /** As of the last row. @param silence Index of the class that is no event. */
  report(rowAt: (age: number) => DrillRow, silence: number): SubsetReport {
    const sums = { rows: 0, beside: 0, same: 0, events: 0, sameEvents: 0, labelled: 0, right: 0 };
    let [expected, confidence] = [0, 0];
    this.#each(rowAt, (packed, row) => {
      const named = namedIn(packed);
      sums.rows++;
      confidence += this.#calibration.calibrated(statedIn(packed));
      if (row.truth !== NONE) {
        sums.labelled++;
        if (row.truth === named) sums.right++;
      }
      if (!this.#isPart(row)) return;
      sums.beside++;
      expected += expectedIn(packed);
      if (row.full === named) sums.same++;
      if (named === silence && row.full === silence) return;
      sums.events++;
      if (row.full === named) sums.sameEvents++;
    });
    const { rows, beside, same, events, sameEvents, labelled, right } = sums;
    return {
      streams: this.streams,
      rows,
      ...(beside > 0 && { agreement: same / beside, expected: expected / beside }),
      ...(events > 0 && { eventAgreement: sameEvents / events }),
      ...(rows > 0 && { confidence: confidence / rows }),
      labelled,
      ...(labelled > 0 && { accuracy: right / labelled }),
    };
  }

  /** All that it remembers. */
  snapshot(): SubsetGaugeSnapshot {
    return { rows: this.#rows.snapshot(), calibration: this.#calibration.snapshot() };
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore({ rows, calibration }: SubsetGaugeSnapshot): void {
    this.#rows.restore(rows);
    this.#calibration.restore(calibration);
  }

  /** Whether others were there too: beside itself it would always agree. */
  #isPart({ present }: DrillRow): boolean {
    return present > this.streams.length;
  }

  /** The rows at which it was there. */
  #each(rowAt: (age: number) => DrillRow, visit: (packed: number, row: DrillRow) => void): void {
    const { length } = this.#rows;
    for (let at = 0; at < length; at++) {
      const packed = this.#rows.get(at);
      if (packed !== 0) visit(packed, rowAt(length - 1 - at));
    }
  }
}
