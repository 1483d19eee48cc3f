import { argMax } from "../../tensor/argMax.ts";
import type { LabelledRow } from "./HeadLearner.ts";
import { type LearnerRow, subsetName, subsetsOf } from "./LearnerRow.ts";
import { PairedScore } from "./PairedScore.ts";
import type { PartAnswers } from "./PartAnswers.ts";

/** What a candidate must be like to be published. */
export interface GateOptions {
  /** Held-back rows that there must be. */
  readonly leastHeld: number;
  /** Standard deviations by which it must be better on them; see `PairedScore`. */
  readonly significance: number;
  /** Largest fall of accuracy: of the full answer, and of any subset of the streams, old and new. */
  readonly fall: number;
  /** Largest share of labels that contradict what every stream is sure of. */
  readonly contradicted: number;
  /** Largest fall of the share of rows on which the streams agree. */
  readonly agreementFall: number;
  /** Largest fall of the codes' perplexity, in shares of what it was. */
  readonly perplexityFall: number;
  /** Largest mean way of a code since the version that serves, in shares of √D. */
  readonly drift: number;
}

/** What a candidate was judged by. All accuracies are of held-back rows. */
export interface GateFigures {
  readonly held: number;
  /** Of all that is present together: the version that serves, and the candidate. */
  readonly serving: number;
  readonly candidate: number;
  /** Mean gain over all subsets of the streams, and in standard deviations. */
  readonly gain: number;
  readonly z: number;
  /** The subset that loses most, on rows old and new, and how much it gains (below 0: loses). */
  readonly worst: string;
  readonly worstGain: number;
  /** Share of recent labels that contradict what every stream is sure of. */
  readonly contradicted: number;
  /** Share of recent rows on which the streams agree: serving, candidate. */
  readonly agreement: readonly [serving: number, candidate: number];
  /** Of the codes found in recent rows: serving, candidate. */
  readonly perplexity: readonly [serving: number, candidate: number];
  /** Mean way of a code, in shares of √D. */
  readonly drift: number;
  /** Accuracy on labels as they came, before they were learnt: serving, candidate. */
  readonly prequential: readonly [serving: number, candidate: number];
}

/** Whether a candidate is published, and why. */
export interface Verdict {
  readonly publish: boolean;
  /** In one sentence. */
  readonly reason: string;
  readonly figures: GateFigures;
}

/** What is judged, and by what. */
export interface Judged {
  readonly serving: PartAnswers;
  readonly candidate: PartAnswers;
  readonly recent: readonly LabelledRow[];
  readonly old: readonly LabelledRow[];
  readonly blockOf: (time: number) => number;
  /** Rows of late, labelled or not. */
  readonly rows: readonly LearnerRow[];
  readonly contradicted: number;
  readonly prequential: readonly [serving: number, candidate: number];
}

/**
 * The gate: whether a candidate is better than what serves, beyond chance, and worse in nothing.
 *
 * @param gate Absent where everything is published; the figures are taken all the same.
 */
export function judge(judged: Judged, gate: GateOptions | undefined): Verdict {
  const figures = measure(judged);
  if (gate === undefined) return { publish: true, reason: "there is no gate", figures };
  const reason = refusal(figures, gate);
  const { gain, held } = figures;
  return {
    publish: reason === undefined,
    reason: reason ?? `better by ${points(gain)} points on ${held} held-back moments`,
    figures,
  };
}

function refusal(figures: GateFigures, gate: GateOptions): string | undefined {
  const { held, serving, candidate, gain, z, worst, worstGain, contradicted, drift } = figures;
  const [agreedBefore, agreed] = figures.agreement;
  const [perplexityBefore, perplexity] = figures.perplexity;
  if (held < gate.leastHeld) return `${held} moments are held back, ${gate.leastHeld} are needed`;
  if (contradicted > gate.contradicted)
    return `${points(contradicted)} % of the labels contradict what every sensor is sure of`;
  if (candidate < serving - gate.fall)
    return `the full answer would fall by ${points(serving - candidate)} points`;
  if (worstGain < -gate.fall) return `${worst} would fall by ${points(-worstGain)} points`;
  if (agreed < agreedBefore - gate.agreementFall)
    return `the sensors would agree less often by ${points(agreedBefore - agreed)} points`;
  if (perplexity < perplexityBefore * (1 - gate.perplexityFall))
    return `only ${perplexity.toFixed(0)} codes would be in use, ${perplexityBefore.toFixed(0)} are`;
  if (drift > gate.drift) return `the codes would move by ${drift.toFixed(2)} of their length`;
  if (!(z >= gate.significance))
    return `no better beyond chance: ${points(gain)} points, ${z.toFixed(1)} standard deviations`;
  return undefined;
}

function measure(judged: Judged): GateFigures {
  const { serving, candidate, recent, old, blockOf, rows } = judged;
  const score = new PairedScore();
  const full = { held: 0, serving: 0, candidate: 0 };
  const bySubset = new Map<number, { rows: number; difference: number }>();
  for (const { row, label } of [...old, ...recent]) {
    const subsets = subsetsOf(row.mask);
    if (subsets.length === 0) continue;
    const [before, after] = [serving.fused(row, subsets), candidate.fused(row, subsets)];
    let sum = 0;
    for (const [i, subset] of subsets.entries()) {
      const right = Number(argMax(before[i] ?? []) === label);
      const wouldBe = Number(argMax(after[i] ?? []) === label);
      sum += wouldBe - right;
      const of = bySubset.get(subset) ?? { rows: 0, difference: 0 };
      of.rows++;
      of.difference += wouldBe - right;
      bySubset.set(subset, of);
      if (subset !== row.mask) continue;
      full.held++;
      full.serving += right;
      full.candidate += wouldBe;
    }
    score.add(blockOf(row.labelTime), sum / subsets.length);
  }
  let [worst, worstGain] = ["", Number.POSITIVE_INFINITY];
  for (const [subset, of] of bySubset) {
    // A subset that was hardly ever there says nothing.
    const gain = of.rows < 20 ? 0 : of.difference / of.rows;
    if (gain < worstGain) [worst, worstGain] = [subsetName(serving.config, subset), gain];
  }
  const share = (count: number): number => (full.held === 0 ? 0 : count / full.held);
  const [usedBefore, used] = [usage(serving, rows), usage(candidate, rows)];
  return {
    held: full.held,
    serving: share(full.serving),
    candidate: share(full.candidate),
    gain: score.mean,
    z: score.z,
    worst,
    worstGain: Number.isFinite(worstGain) ? worstGain : 0,
    contradicted: judged.contradicted,
    agreement: [usedBefore.agreement, used.agreement],
    perplexity: [usedBefore.perplexity, used.perplexity],
    drift: drift(candidate, serving),
    prequential: judged.prequential,
  };
}

/** How often the streams agree, and how many codes are in use, by recent rows. */
function usage(
  answers: PartAnswers,
  rows: readonly LearnerRow[],
): { readonly agreement: number; readonly perplexity: number } {
  const counts = new Map<number, number>();
  let [several, agreed, total] = [0, 0, 0];
  for (const row of rows) {
    const own = answers.streams(row).filter((each) => each !== undefined);
    for (let slot = 0; slot < own.length; slot++) {
      const code = answers.codeOf(row, slot);
      counts.set(code, (counts.get(code) ?? 0) + 1);
      total++;
    }
    if (own.length < 2) continue;
    several++;
    if (new Set(own.map((each) => argMax(each))).size === 1) agreed++;
  }
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / total) * Math.log(count / total);
  return {
    agreement: several === 0 ? 1 : agreed / several,
    perplexity: total === 0 ? 0 : Math.exp(entropy),
  };
}

/** Mean way of a code, in shares of √D. */
function drift({ part: { codes }, config }: PartAnswers, { part: before }: PartAnswers): number {
  const { codeDim: D, codes: K } = config;
  let way = 0;
  for (let k = 0; k < K; k++) {
    let square = 0;
    for (let i = k * D; i < (k + 1) * D; i++)
      square += ((codes[i] as number) - (before.codes[i] as number)) ** 2;
    way += Math.sqrt(square / D);
  }
  return way / K;
}

function points(share: number): string {
  return (100 * share).toFixed(1);
}
