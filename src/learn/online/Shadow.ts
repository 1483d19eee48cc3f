import { LiveCodebook, type LiveCodebookState } from "../../models/codebook/LiveCodebook.ts";
import type { AdaptedPart } from "../../models/unified/adapted.ts";
import type { UnifiedConfig } from "../../models/unified/config.ts";
import { HeadLearner, type HeadState, type LabelledRow } from "./HeadLearner.ts";
import { type LearnerRow, slotsOf } from "./LearnerRow.ts";
import type { OnlineOptions } from "./OnlineOptions.ts";
import { PartAnswers } from "./PartAnswers.ts";

/** Largest way along an axis by which a code that is put elsewhere stands beside its parent. */
const RESET_SPREAD = 0.01;

/** All that a shadow knows. */
export interface ShadowState {
  readonly head: HeadState;
  /** Absent where the codebook stays. */
  readonly codebook?: LiveCodebookState;
  /** When the codebook's own time began; absent before the first row. */
  readonly began?: number;
  /** What it was put back to last. */
  readonly from: AdaptedPart;
  readonly codes: Float32Array;
  readonly generations: Int32Array;
}

/** The head and codebook that learn, beside those that serve. */
export class Shadow {
  readonly #config: UnifiedConfig;
  readonly #options: OnlineOptions;
  readonly #jitter: () => number;
  readonly #head: HeadLearner;
  #from: AdaptedPart;
  #codebook: LiveCodebook | undefined;
  #began: number | undefined;
  #now = 0;
  #codes: Float32Array;
  #generations: Int32Array;
  #answers: PartAnswers;

  /** @param jitter Draws from [−1, 1): where codes go that are put elsewhere. */
  constructor(
    trained: AdaptedPart,
    config: UnifiedConfig,
    options: OnlineOptions,
    jitter: () => number,
  ) {
    this.#config = config;
    this.#options = options;
    this.#jitter = jitter;
    this.#head = new HeadLearner(trained, config, options);
    this.#from = trained;
    this.#codebook = this.#newCodebook();
    this.#codes = trained.codes;
    this.#generations = trained.generations;
    this.#answers = new PartAnswers(trained, config);
  }

  /** As of the last step. */
  get answers(): PartAnswers {
    return this.#answers;
  }

  /** Multiplications of a step over so many rows. */
  costOf(rows: number): number {
    return this.#head.costOf(rows);
  }

  /** Lets a row move the codes; only one on which streams came together does. */
  move(row: LearnerRow): void {
    this.#began ??= row.labelTime;
    this.#now = row.labelTime - this.#began;
    if (this.#codebook === undefined) return;
    const { streams, codeDim: D, specific: F } = this.#config;
    const slots = slotsOf(row.mask, streams.length);
    this.#codebook.update(
      this.#now,
      slots.streams.map((slot) =>
        slot < 0 ? undefined : { z: row.vectors.subarray(slot * (D + F), slot * (D + F) + D) },
      ),
    );
  }

  /** Steps of the head, one a batch, under the codes as they are by now. */
  learn(batches: readonly (readonly LabelledRow[])[]): void {
    this.refresh();
    const lookUp = this.#answers;
    for (const batch of batches) this.#head.step(batch, lookUp);
    this.#answers = new PartAnswers(this.#part(), this.#config);
  }

  /** Takes over the codes as they are by now, and gives the whole of it as it would serve. */
  refresh(): AdaptedPart {
    const codebook = this.#codebook;
    if (codebook !== undefined) {
      const { resetAfter } = this.#options.codebook ?? {};
      if (resetAfter !== undefined)
        codebook.resetIdle(
          this.#now,
          resetAfter,
          Array.from({ length: codebook.dim }, () => this.#jitter() * RESET_SPREAD),
        );
      const { codes, generations } = codebook.publish();
      this.#codes = Float32Array.from(codes);
      this.#generations = generations.map((count, k) => count + (this.#from.generations[k] ?? 0));
      this.#answers = new PartAnswers(this.#part(), this.#config);
    }
    return this.#answers.part;
  }

  /** Puts it back to what serves. */
  startOver(part: AdaptedPart): void {
    this.#from = part;
    this.#head.reset(part);
    this.#codebook = this.#newCodebook();
    this.#began = undefined;
    this.#codes = part.codes;
    this.#generations = part.generations;
    this.#answers = new PartAnswers(part, this.#config);
  }

  snapshot(): ShadowState {
    return {
      head: this.#head.snapshot(),
      ...(this.#codebook !== undefined && { codebook: this.#codebook.snapshot() }),
      ...(this.#began !== undefined && { began: this.#began }),
      from: this.#from,
      codes: this.#codes,
      generations: this.#generations,
    };
  }

  restore({ head, codebook, began, from, codes, generations }: ShadowState): void {
    this.#from = from;
    this.#head.restore(head);
    this.#codebook = this.#newCodebook();
    if (codebook !== undefined) this.#codebook?.restore(codebook);
    this.#began = began;
    this.#codes = codes;
    this.#generations = generations;
    this.#answers = new PartAnswers(this.#part(), this.#config);
  }

  #newCodebook(): LiveCodebook | undefined {
    const { codebook } = this.#options;
    const { codeDim, rowMicros, streams } = this.#config;
    if (codebook === undefined || streams.length < 2) return undefined;
    return new LiveCodebook(this.#from.codes, codeDim, {
      tau: codebook.tau,
      hop: rowMicros,
      maxStep: codebook.maxStep,
      modalities: streams.length,
    });
  }

  #part(): AdaptedPart {
    return {
      headWeight: this.#head.headWeight,
      headBias: this.#head.headBias,
      codes: this.#codes,
      generations: this.#generations,
    };
  }
}
