import { argMax } from "../../tensor/argMax.ts";
import { counted } from "../../units.ts";
import type { Evidence } from "./Contender.ts";
import type { LabelledRow } from "./HeadLearner.ts";
import { type LearnerRow, subsetName, subsetsOf } from "./LearnerRow.ts";
import { PairedScore } from "./PairedScore.ts";
import type { PartAnswers } from "./PartAnswers.ts";

/** What a candidate must be like to be published. */
export interface GateOptions {
  /** Labels that it must have been tried on before it learnt them, and blocks of time that they must lie in. */
  readonly leastTried: number;
  readonly leastBlocks: number;
  /** Blocks of time that must have been held back to judge it by. */
  readonly leastHeld: number;
  /** Standard deviations by which it must have come closer to the truth on them; see `PairedScore`. */
  readonly significance: number;
  /** The same where what serves is of the same learner: it has shown what it can do. */
  readonly onSignificance: number;
  /** Largest fall of accuracy of any subset of the streams on held-back rows, old and new. */
  readonly fall: number;
  /** Standard deviations from which on such a fall is believed. */
  readonly fallSignificance: number;
  /** Largest share of labels that contradict, of those at which every stream is sure of something. */
  readonly contradicted: number;
  /** Largest fall of the share of rows on which the streams agree. */
  readonly agreementFall: number;
  /** Largest fall of the codes' perplexity, in shares of what it was. */
  readonly perplexityFall: number;
  /** Largest mean way of a code since the version that serves, in shares of √D. */
  readonly drift: number;
}

/** What a candidate was judged by. Accuracies are of held-back rows unless something else is said. */
export interface GateFigures {
  /** Held-back rows, and blocks of time that they lie in. */
  readonly held: number;
  readonly heldBlocks: number;
  /** Of all that is present together: the version that serves, and the candidate. */
  readonly serving: number;
  readonly candidate: number;
  /** Labels that the learner was tried on before it learnt them. */
  readonly tried: number;
  /** Blocks of time that they lie in; a label counts as one, a long one as one every ten seconds. */
  readonly blocks: number;
  /** By how much closer it came to the truth on them (`closeness`), and in standard deviations. */
  readonly gain: number;
  readonly z: number;
  /** By how much more often it was right on them. */
  readonly right: number;
  /** The subset that loses most beyond chance, how much it gains (below 0: loses), in standard deviations. */
  readonly worst: string;
  readonly worstGain: number;
  readonly worstZ: number;
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

/** Held-back rows of a subset below which it is not judged. */
const LEAST_ROWS = 20;

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
  /** How it was learnt, for the reason; and whether what serves was learnt so too. */
  readonly learner: string;
  readonly goesOn: boolean;
  /** Of the learner that it comes from. */
  readonly evidence: Evidence;
  readonly recent: readonly LabelledRow[];
  readonly old: readonly LabelledRow[];
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
  const reason = refusal(figures, gate, judged.goesOn);
  const { gain, tried } = figures;
  return {
    publish: reason === undefined,
    reason:
      reason ??
      `closer to the truth by ${points(gain)} points on ${counted(tried, "label")}, by ${judged.learner}`,
    figures,
  };
}

/** Whether a refused candidate would have done harm beyond chance, rather than not enough good. */
export function isHarm({ figures }: Verdict, gate: GateOptions | undefined): boolean {
  const { worstGain, worstZ } = figures;
  return gate !== undefined && worstGain < -gate.fall && worstZ < -gate.significance;
}

function refusal(figures: GateFigures, gate: GateOptions, goesOn: boolean): string | undefined {
  const { tried, blocks, gain, z, worst, worstGain, worstZ, contradicted, drift } = figures;
  const [agreedBefore, agreed] = figures.agreement;
  const [perplexityBefore, perplexity] = figures.perplexity;
  if (tried < gate.leastTried)
    return `tried on ${counted(tried, "label")}, ${gate.leastTried} are needed`;
  if (blocks < gate.leastBlocks)
    return `tried on ${counted(blocks, "moment")} apart from each other, ${gate.leastBlocks} are needed`;
  if (figures.heldBlocks < gate.leastHeld)
    return `${counted(figures.heldBlocks, "moment")} held back to judge it by, ${gate.leastHeld} are needed`;
  if (contradicted > gate.contradicted)
    return `${points(contradicted)} % of the labels contradict what every sensor is sure of`;
  if (worstGain < -gate.fall && worstZ < -gate.fallSignificance)
    return `${worst} would fall by ${points(-worstGain)} points`;
  if (agreed < agreedBefore - gate.agreementFall)
    return `the sensors would agree less often by ${points(agreedBefore - agreed)} points`;
  if (perplexity < perplexityBefore * (1 - gate.perplexityFall))
    return `only ${perplexity.toFixed(0)} codes would be in use, ${perplexityBefore.toFixed(0)} are`;
  if (drift > gate.drift) return `the codes would move by ${drift.toFixed(2)} of their length`;
  if (!(z >= (goesOn ? gate.onSignificance : gate.significance)))
    return `no better beyond chance: ${points(gain)} points, ${z.toFixed(1)} standard deviations`;
  // Labels that are wrong make whoever is less sure come closer, and no one right more often.
  if (!(figures.right > 0)) return `right no more often: by ${points(figures.right)} points`;
  return undefined;
}

function measure(judged: Judged): GateFigures {
  const { serving, candidate, recent, old, rows, evidence } = judged;
  const full = { held: 0, serving: 0, candidate: 0 };
  const bySubset = new Map<number, PairedScore>();
  for (const { row, label, block } of [...old, ...recent]) {
    const subsets = subsetsOf(row.mask);
    if (subsets.length === 0) continue;
    const [before, after] = [serving.fused(row, subsets), candidate.fused(row, subsets)];
    for (const [i, subset] of subsets.entries()) {
      const right = Number(argMax(before[i] ?? []) === label);
      const wouldBe = Number(argMax(after[i] ?? []) === label);
      const score = bySubset.get(subset) ?? new PairedScore();
      bySubset.set(subset, score);
      score.add(block, wouldBe - right);
      if (subset !== row.mask) continue;
      full.held++;
      full.serving += right;
      full.candidate += wouldBe;
    }
  }
  let worst = { name: "", gain: 0, z: 0 };
  for (const [subset, { rows: count, mean: gain, z }] of bySubset) {
    // A subset that was hardly ever there says nothing.
    if (count >= LEAST_ROWS && z < worst.z)
      worst = { name: subsetName(serving.config, subset), gain, z };
  }
  const share = (count: number): number => (full.held === 0 ? 0 : count / full.held);
  const [usedBefore, used] = [usage(serving, rows), usage(candidate, rows)];
  return {
    held: full.held,
    heldBlocks: new Set([...old, ...recent].map(({ block }) => block)).size,
    serving: share(full.serving),
    candidate: share(full.candidate),
    tried: evidence.rows,
    blocks: evidence.blocks,
    gain: evidence.mean,
    z: evidence.z,
    right: evidence.right,
    worst: worst.name,
    worstGain: worst.gain,
    worstZ: worst.z,
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
