import type { LearnerStatus } from "../../../learn/online/LearnerMessage.ts";
import { learnerRow, subsetName, subsetsOf } from "../../../learn/online/LearnerRow.ts";
import { OnlineLearner } from "../../../learn/online/OnlineLearner.ts";
import type { OnlineOptions } from "../../../learn/online/OnlineOptions.ts";
import { PartAnswers, smoothEntropy } from "../../../learn/online/PartAnswers.ts";
import { type AdaptedPart, trainedPart } from "../../../models/unified/adapted.ts";
import type { RowFeatures } from "../../../models/unified/inference.ts";
import type { DecodedWeights } from "../../../models/unified/weights.ts";
import { argMax } from "../../../tensor/argMax.ts";
import { micros } from "../../../units.ts";

/** One row of a stream whose every instant's class is known. */
export interface KnownRow {
  readonly features: RowFeatures;
  /** Index of the true class. */
  readonly label: number;
}

/** How a stream is played to a learner. */
export interface PlayOptions {
  readonly weights: DecodedWeights;
  readonly rows: readonly KnownRow[];
  readonly online: OnlineOptions;
  /** Streams that must not count. */
  readonly ignored: readonly string[];
  /** The class that a row is labelled with; undefined for none. */
  readonly labelOf: (row: number) => number | undefined;
  /** Rows by which a label comes after what it is about. */
  readonly late: number;
  readonly progress?: (row: number) => void;
}

/** What came of it. */
export interface Played {
  /** By name of a subset of the streams: [rows] 1 where the answer was right, 0 wrong, −1 not there. */
  readonly right: Readonly<Record<string, Int8Array>>;
  /** Head and codebook that serve in the end. */
  readonly part: AdaptedPart;
  readonly status: LearnerStatus;
  /** What the gate said, in order, with the row. */
  readonly news: readonly {
    readonly row: number;
    readonly kind: string;
    readonly reason: string;
  }[];
}

/** The pattern that frozen weights are scored in: nobody labels anything. */
export const NOBODY = { labelOf: () => undefined, late: 0 } as const;

/**
 * Plays a stream to a learner as a run does: each row is answered by what serves, labels come late, and what
 * the learner publishes serves from the next row on.
 */
export function playStream(options: PlayOptions): Played {
  const { weights, rows, online, labelOf, late } = options;
  const { config } = weights;
  const trained = trainedPart(weights);
  const ignored = new Set(
    config.streams.flatMap(({ name }, at) => (options.ignored.includes(name) ? [at] : [])),
  );
  const learner = new OnlineLearner({
    config,
    base: weights.version,
    trained,
    ignored: options.ignored,
    online,
  });
  const right: Record<string, Int8Array> = {};
  const news: { row: number; kind: string; reason: string }[] = [];
  let part: AdaptedPart = trained;
  let serving = new PartAnswers(part, config);
  let entropy: Float32Array = new Float32Array(config.streams.length).fill(1);
  const timeOf = (row: number) => micros(row * config.rowMicros);
  for (const [at, { features, label }] of rows.entries()) {
    const bare = learnerRow(config, features, timeOf(at), ignored, entropy);
    const streams = serving.streams(bare);
    entropy = smoothEntropy(entropy, streams, config.fusion.smoothingRows);
    const subsets = subsetsOf(bare.mask);
    const answers = serving.fused({ ...bare, entropy }, subsets, streams);
    for (const [i, subset] of [...subsets.entries()]) {
      const verdict = Number(argMax(answers[i] ?? []) === label);
      for (const name of subset === bare.mask
        ? [subsetName(config, subset), "fused"]
        : [subsetName(config, subset)]) {
        right[name] ??= new Int8Array(rows.length).fill(-1);
        right[name][at] = verdict;
      }
    }
    const decisions = [...learner.push({ kind: "row", labelTime: timeOf(at), features })];
    const about = at - late;
    const told = about >= 0 ? labelOf(about) : undefined;
    if (told !== undefined)
      decisions.push(
        ...learner.push({
          kind: "label",
          label: {
            label: config.classes[told] ?? "",
            from: timeOf(about),
            to: timeOf(about + 1),
            by: "study",
            slot: "",
          },
        }),
      );
    for (const decision of decisions) {
      if (decision.kind === "publish") part = decision.learnt.part;
      if (decision.kind === "rollback") part = decision.to?.part ?? trained;
      if (decision.kind !== "discard") serving = new PartAnswers(part, config);
      const reason = decision.kind === "rollback" ? decision.reason : decision.verdict.reason;
      news.push({ row: at, kind: decision.kind, reason });
    }
    if (at % 1_000 === 0) options.progress?.(at);
  }
  return { right, part, status: learner.status, news };
}

/** Share of right answers of rows [from, to) at which there was one. */
export function accuracyOf(right: Int8Array | undefined, from = 0, to = Infinity): number {
  let [count, hits] = [0, 0];
  for (let row = from; row < Math.min(to, right?.length ?? 0); row++) {
    if ((right?.[row] ?? -1) < 0) continue;
    count++;
    hits += right?.[row] ?? 0;
  }
  return count === 0 ? 0 : hits / count;
}
