import type { LearnerStatus } from "../../../learn/online/LearnerMessage.ts";
import { OnlineLearner } from "../../../learn/online/OnlineLearner.ts";
import type { OnlineOptions } from "../../../learn/online/OnlineOptions.ts";
import { type AdaptedPart, trainedPart } from "../../../models/unified/adapted.ts";
import type { DecodedWeights } from "../../../models/unified/weights.ts";
import { LabelledWorth } from "../../../robustness/LabelledWorth.ts";
import { micros, seconds } from "../../../units.ts";
import type { GivenLabel } from "./giveLabels.ts";
import { type KnownRow, type RightAnswers, StreamAnswers } from "./StreamAnswers.ts";

/** How late labels may come, as in a pipeline. */
const MEMORY = seconds(60);

/** How a stream is played to a learner. */
export interface PlayOptions {
  readonly weights: DecodedWeights;
  readonly rows: readonly KnownRow[];
  readonly online: OnlineOptions;
  /** Streams that must not count. */
  readonly ignored: readonly string[];
  /** In the order in which they come. */
  readonly labels: readonly GivenLabel[];
  /** Whether labels also tell which stream is not to be believed, as in a pipeline. */
  readonly weighs: boolean;
}

/** What came of it. */
export interface Played {
  readonly right: RightAnswers;
  /** Heads and codebook that serve in the end. */
  readonly part: AdaptedPart;
  readonly status: LearnerStatus;
  /** By stream, the rows at which it was not believed. */
  readonly doubted: Readonly<Record<string, number>>;
  /** What the gate said, in order, with the row. */
  readonly news: readonly {
    readonly row: number;
    readonly kind: string;
    readonly reason: string;
  }[];
}

/**
 * Plays a stream to a learner as a run does: each row is answered by what serves, labels come late, and what
 * the learner publishes serves from the next row on.
 */
export function playStream(options: PlayOptions): Played {
  const { weights, rows, online, ignored, weighs } = options;
  const labels = [...options.labels];
  const { config } = weights;
  const trained = trainedPart(weights);
  const learner = new OnlineLearner({ config, base: weights.version, trained, ignored, online });
  const answers = new StreamAnswers(config, trained, rows.length, ignored);
  const news: { row: number; kind: string; reason: string }[] = [];
  const timeOf = (row: number) => micros(row * config.rowMicros);
  let part: AdaptedPart = trained;
  const worth = new LabelledWorth(Math.round(MEMORY / config.rowMicros));
  const counts: Record<string, number> = {};
  for (const [at, row] of rows.entries()) {
    const { features } = row;
    const doubted = [...new Set([...(row.doubted ?? []), ...worth.doubted])];
    for (const stream of doubted) counts[stream] = (counts[stream] ?? 0) + 1;
    worth.push(answers.row(at, { ...row, doubted }));
    const decisions = [...learner.push({ kind: "row", labelTime: timeOf(at), features, doubted })];
    while ((labels[0]?.told ?? Number.POSITIVE_INFINITY) <= at) {
      const { label: named, from, to } = labels.shift() as GivenLabel;
      const label = { label: config.classes[named] ?? "", from, to, by: "study", slot: "" };
      decisions.push(...learner.push({ kind: "label", label }));
      if (weighs) worth.label(named, from, to);
    }
    for (const decision of decisions) {
      if (decision.kind === "publish") part = decision.learnt.part;
      if (decision.kind === "rollback") part = decision.to?.part ?? trained;
      if (decision.kind !== "discard") answers.serve(part);
      const reason = decision.kind === "rollback" ? decision.reason : decision.verdict.reason;
      news.push({ row: at, kind: decision.kind, reason });
    }
  }
  return { right: answers.right, part, status: learner.status, doubted: counts, news };
}
