import type { AdaptedPart } from "../../models/unified/adapted.ts";
import type { UnifiedConfig } from "../../models/unified/config.ts";
import { argMax } from "../../tensor/argMax.ts";
import { closeness } from "./closeness.ts";
import type { LabelledRow } from "./HeadLearner.ts";
import type { LearnerRow } from "./LearnerRow.ts";
import type { OnlineOptions } from "./OnlineOptions.ts";
import { PairedScore, type PairedState } from "./PairedScore.ts";
import { Shadow, type ShadowRandom, type ShadowState } from "./Shadow.ts";

/** All that a contender knows. */
export interface ContenderState {
  readonly shadow: ShadowState;
  readonly evidence: PairedState;
  readonly rightMore: PairedState;
}

/** What speaks for a contender, by labels that it was tried on before it learnt them. */
export interface Evidence {
  readonly rows: number;
  /** Blocks of time that they lie in. */
  readonly blocks: number;
  /** By how much closer it came to the truth (`closeness`), and in standard deviations. */
  readonly mean: number;
  readonly z: number;
  /** By how much more often it was right. */
  readonly right: number;
}

/** Blocks of time that evidence counts over. */
const BLOCKS = 300;

/** One way to learn, and what speaks for it. */
export class Contender {
  readonly name: "exemplars" | "heads";
  readonly shadow: Shadow;
  #evidence = new PairedScore(BLOCKS);
  #rightMore = new PairedScore(BLOCKS);

  constructor(
    name: Contender["name"],
    trained: AdaptedPart,
    config: UnifiedConfig,
    options: OnlineOptions,
    rng: ShadowRandom,
  ) {
    const { exemplars: _, heads, ...others } = options;
    this.name = name;
    this.shadow = new Shadow(
      trained,
      config,
      name === "heads" && heads !== undefined
        ? { ...others, exemplars: false, heads }
        : { ...others, exemplars: true },
      rng,
    );
  }

  /** Of all ways that are switched on. */
  static all(
    trained: AdaptedPart,
    config: UnifiedConfig,
    options: OnlineOptions,
    rng: ShadowRandom,
  ): readonly Contender[] {
    const names = [
      ...(options.exemplars ? (["exemplars"] as const) : []),
      ...(options.heads !== undefined ? (["heads"] as const) : []),
    ];
    return names.map((name) => new Contender(name, trained, config, options, rng));
  }

  /** For it, against what serves: each label tried before it was learnt, since either is what it is. */
  get evidence(): Evidence {
    const { rows, blocks, mean, z } = this.#evidence;
    return { rows, blocks, mean, z, right: this.#rightMore.mean };
  }

  /**
   * Tries a label on it before it is learnt.
   *
   * @param serving What serves holds of the row, all streams together.
   * @returns Its own answer by subset, natural logs.
   */
  tried(
    { row, label }: Pick<LabelledRow, "row" | "label">,
    subsets: readonly number[],
    serving: Float64Array,
    block: number,
  ): readonly Float64Array[] {
    const answers = this.shadow.answers.fused(row, subsets);
    const own = answers.at(-1);
    if (own !== undefined) {
      this.#evidence.add(block, closeness(own, label) - closeness(serving, label));
      const [right, before] = [own, serving].map((each) => Number(argMax(each) === label));
      this.#rightMore.add(block, (right ?? 0) - (before ?? 0));
    }
    return answers;
  }

  /** Lets a row move its codes. */
  move(row: LearnerRow): void {
    this.shadow.move(row);
  }

  /** Another version serves: what spoke for it spoke against the one before. */
  forgetEvidence(): void {
    this.#evidence = new PairedScore(BLOCKS);
    this.#rightMore = new PairedScore(BLOCKS);
  }

  /** Puts it back to what serves. */
  startOver(part: AdaptedPart): void {
    this.shadow.startOver(part);
    this.forgetEvidence();
  }

  snapshot(): ContenderState {
    return {
      shadow: this.shadow.snapshot(),
      evidence: this.#evidence.snapshot(),
      rightMore: this.#rightMore.snapshot(),
    };
  }

  restore({ shadow, evidence, rightMore }: ContenderState): void {
    this.shadow.restore(shadow);
    this.#evidence.restore(evidence);
    this.#rightMore.restore(rightMore);
  }
}
