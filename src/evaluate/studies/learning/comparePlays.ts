import type { OnlineOptions } from "../../../learn/online/OnlineOptions.ts";
import { type AdaptedPart, trainedPart } from "../../../models/unified/adapted.ts";
import type { DecodedWeights } from "../../../models/unified/weights.ts";
import { learnOn } from "./conditions.ts";
import { accuracyOf, answersOf, type KnownRow, type RightAnswers } from "./StreamAnswers.ts";

/** What a stream of unknown people or noise is compared on. */
export interface Comparison {
  readonly weights: DecodedWeights;
  /** Rows of what the model was trained for, which nothing is learnt from. */
  readonly known: readonly KnownRow[];
  /** Streams that must not count. */
  readonly ignored?: readonly string[];
  readonly seed: number;
  readonly put: (name: string, value: number) => void;
}

/** One way to learn on one stream. */
export interface Condition {
  readonly name: string;
  readonly rows: readonly KnownRow[];
  readonly online?: Partial<OnlineOptions>;
  /** Whether labels also tell which stream is not to be believed; they do unless it says no. */
  readonly weighs?: boolean;
  /** Share of labels that name another class. */
  readonly flipped?: number;
  /** Whether whole events are labelled, as people do; single moments at equal distances unless it says so. */
  readonly whole?: boolean;
  /** Row from which on it counts. */
  readonly from?: number;
  /** Row from which on a sensor that was away is back: `gain/fused-back@NAME` is from there. */
  readonly back?: number;
}

/**
 * Plays conditions and puts what they gain over the frozen model, in shares of the moments that count.
 *
 * `gain/SUBSET@NAME` is of the streams together (`fused`) and alone; `gain/fused-second-half@NAME` of the later
 * half of what counts; `gain/known@NAME` is of what the model was trained for, under the version that serves in
 * the end.
 */
export function comparePlays(
  { weights, known, ignored = [], seed, put }: Comparison,
  conditions: readonly Condition[],
): void {
  const { config } = weights;
  const trained = trainedPart(weights);
  const frozen = new Map<readonly KnownRow[], RightAnswers>();
  const knownUnder = (part: AdaptedPart): number =>
    accuracyOf(answersOf(config, part, known, ignored)["fused"]);
  const knownFrozen = knownUnder(trained);
  put("accuracy/known@frozen", knownFrozen);
  for (const condition of conditions) {
    const { name, rows, online = {}, flipped = 0, from = 0, back } = condition;
    const { whole = false, weighs = true } = condition;
    const before = frozen.get(rows) ?? answersOf(config, trained, rows, ignored);
    frozen.set(rows, before);
    const after = learnOn({ weights, rows, ignored, online, flipped, whole, seed, weighs });
    const gain = (subset: string, since: number): number =>
      accuracyOf(after.right[subset], since) - accuracyOf(before[subset], since);
    for (const { name: stream } of config.streams) {
      const doubted = after.doubted[stream] ?? 0;
      if (doubted > 0) put(`doubted/${stream}@${name}`, doubted / rows.length);
    }
    for (const subset of Object.keys(before)) put(`gain/${subset}@${name}`, gain(subset, from));
    if (back !== undefined) put(`gain/fused-back@${name}`, gain("fused", back));
    put(`gain/fused-second-half@${name}`, gain("fused", (from + rows.length) / 2));
    put(`gain/known@${name}`, knownUnder(after.part) - knownFrozen);
    put(`versions/published@${name}`, after.status.published);
    put(`versions/discarded@${name}`, after.status.discarded);
    put(`versions/rolled-back@${name}`, after.status.rolledBack);
  }
}
