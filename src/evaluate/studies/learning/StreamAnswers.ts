import { learnerRow, subsetName, subsetsOf } from "../../../learn/online/LearnerRow.ts";
import { PartAnswers, smoothEntropy } from "../../../learn/online/PartAnswers.ts";
import type { AdaptedPart } from "../../../models/unified/adapted.ts";
import type { UnifiedConfig } from "../../../models/unified/config.ts";
import type { RowFeatures } from "../../../models/unified/inference.ts";
import type { WeighedRow } from "../../../robustness/LabelledWorth.ts";
import { argMax } from "../../../tensor/argMax.ts";
import { micros } from "../../../units.ts";

/** One row of a stream whose every instant's class is known. */
export interface KnownRow {
  readonly features: RowFeatures;
  /** Streams that were there and not believed, as a pipeline's watch finds. */
  readonly doubted?: readonly string[];
  /** Index of the true class. */
  readonly label: number;
}

/** By name of a subset of the streams, `fused` for all: [rows] 1 where right, 0 wrong, −1 not there. */
export type RightAnswers = Readonly<Record<string, Int8Array>>;

/** Answers the rows of a stream, in order, and says which answers are right. */
export class StreamAnswers {
  readonly right: Record<string, Int8Array> = {};
  readonly #config: UnifiedConfig;
  readonly #ignored: ReadonlySet<number>;
  readonly #rows: number;
  #answers: PartAnswers;
  #entropy: Float32Array;

  /** @param ignored Names of streams that must not count. */
  constructor(
    config: UnifiedConfig,
    part: AdaptedPart,
    rows: number,
    ignored: readonly string[] = [],
  ) {
    this.#config = config;
    this.#rows = rows;
    this.#ignored = new Set(
      config.streams.flatMap(({ name }, at) => (ignored.includes(name) ? [at] : [])),
    );
    this.#answers = new PartAnswers(part, config);
    this.#entropy = new Float32Array(config.streams.length).fill(1);
  }

  /** From the next row on, this answers. */
  serve(part: AdaptedPart): void {
    this.#answers = new PartAnswers(part, this.#config);
  }

  /**
   * Answers row `at`. A doubted stream is left out of what is fused, not of what the subsets say; where all are doubted,
   * all are kept.
   *
   * @returns What labels weigh the streams by.
   */
  row(at: number, { features, label, doubted = [] }: KnownRow): WeighedRow {
    const labelTime = micros(at * this.#config.rowMicros);
    const bare = learnerRow(this.#config, features, labelTime, this.#ignored, this.#entropy);
    const streams = this.#answers.streams(bare);
    this.#entropy = smoothEntropy(this.#entropy, streams, this.#config.fusion.smoothingRows);
    const subsets = subsetsOf(bare.mask);
    const answers = this.#answers.fused({ ...bare, entropy: this.#entropy }, subsets, streams);
    const bits = this.#config.streams.map((_, position) => 1 << position);
    const left = this.#config.streams.reduce(
      (mask, { name }, position) => (doubted.includes(name) ? mask & ~(1 << position) : mask),
      bare.mask,
    );
    const believed = left === 0 ? bare.mask : left;
    const without: Record<string, Float64Array> = {};
    for (const [i, subset] of subsets.entries()) {
      const answer = answers[i] ?? new Float64Array(0);
      const isRight = Number(argMax(answer) === label);
      this.#put(subsetName(this.#config, subset), at, isRight);
      if (subset === believed) this.#put("fused", at, isRight);
      const lost = this.#config.streams[bits.indexOf(bare.mask & ~subset)];
      if (lost !== undefined) without[lost.name] = answer;
    }
    return { labelTime, full: answers.at(-1) ?? new Float64Array(0), without };
  }

  #put(name: string, at: number, value: number): void {
    const right = this.right[name] ?? new Int8Array(this.#rows).fill(-1);
    this.right[name] = right;
    right[at] = value;
  }
}

/** What one and the same part answers to all rows. */
export function answersOf(
  config: UnifiedConfig,
  part: AdaptedPart,
  rows: readonly KnownRow[],
  ignored: readonly string[] = [],
): RightAnswers {
  const answers = new StreamAnswers(config, part, rows.length, ignored);
  for (const [at, row] of rows.entries()) answers.row(at, row);
  return answers.right;
}

/** Share of right answers of rows [from, to) at which there was one. */
export function accuracyOf(right: Int8Array | undefined, from = 0, to = Infinity): number {
  let [count, hits] = [0, 0];
  for (let row = Math.ceil(from); row < Math.min(to, right?.length ?? 0); row++) {
    if ((right?.[row] ?? -1) < 0) continue;
    count++;
    hits += right?.[row] ?? 0;
  }
  return count === 0 ? 0 : hits / count;
}
