import { LiveCodebook, type LiveCodebookState } from "../../models/codebook/LiveCodebook.ts";
import type { AdaptedPart } from "../../models/unified/adapted.ts";
import type { UnifiedConfig } from "../../models/unified/config.ts";
import { ExemplarMemory, type ExemplarState } from "./ExemplarMemory.ts";
import { HeadLearner, type HeadState, type LabelledRow } from "./HeadLearner.ts";
import { type LearnerRow, slotsOf } from "./LearnerRow.ts";
import type { OnlineOptions } from "./OnlineOptions.ts";
import { PartAnswers } from "./PartAnswers.ts";
import { type IntSource, Reservoir, type ReservoirState } from "./Reservoir.ts";

/** Largest way along an axis by which a code that is put elsewhere stands beside its parent. */
const RESET_SPREAD = 0.01;

/** Draws for a shadow. */
export interface ShadowRandom extends IntSource {
  uniform(low: number, high: number): number;
}

/** All that a shadow knows. */
export interface ShadowState {
  /** Absent where the heads stay. */
  readonly heads?: HeadState;
  readonly reservoir: ReservoirState<LabelledRow>;
  readonly memory: ExemplarState;
  /** Absent where the codebook stays. */
  readonly codebook?: LiveCodebookState;
  /** When the codebook's own time began; absent before the first row. */
  readonly began?: number;
  /** What it was put back to last. */
  readonly from: AdaptedPart;
  readonly codes: Float32Array;
  readonly generations: Int32Array;
}

/** The exemplars, heads and codebook that learn, beside those that serve. */
export class Shadow {
  readonly #config: UnifiedConfig;
  readonly #options: OnlineOptions;
  readonly #jitter: () => number;
  readonly #head: HeadLearner | undefined;
  readonly #memory: ExemplarMemory;
  readonly #reservoir: Reservoir<LabelledRow>;
  #from: AdaptedPart;
  #codebook: LiveCodebook | undefined;
  #began: number | undefined;
  #now = 0;
  #codes: Float32Array;
  #generations: Int32Array;
  #answers: PartAnswers;

  /** @param rng Borrowed: draws which exemplars are kept, and where codes go that are put elsewhere. */
  constructor(
    trained: AdaptedPart,
    config: UnifiedConfig,
    options: OnlineOptions,
    rng: ShadowRandom,
  ) {
    this.#config = config;
    this.#options = options;
    this.#jitter = () => rng.uniform(-1, 1);
    this.#head = options.heads && new HeadLearner(trained, config, options.heads);
    this.#memory = new ExemplarMemory(trained, rng, options.replay);
    this.#reservoir = new Reservoir(options.heads?.reservoir ?? 1, rng);
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

  /** Multiplications that learning so many rows takes. */
  costOf(rows: number): number {
    const { codes, codeDim, streams } = this.#config;
    const { heads, replay } = this.#options;
    const remembering = rows * (streams.length + 1) * codes * codeDim;
    if (this.#head === undefined || heads === undefined) return remembering;
    const kept = Math.min(heads.reservoir, this.#reservoir.items.length + rows);
    return remembering + this.#head.costOf(rows, replay ? kept : 0);
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

  /** Remembers rows as exemplars, or teaches the heads; see `HeadLearner.learn`. */
  learn(fresh: readonly LabelledRow[]): void {
    this.refresh();
    const { exemplars, replay } = this.#options;
    // A guess is no exemplar: it would go on to speak for itself.
    for (const row of fresh)
      if (exemplars && row.weight === 1) this.#memory.offer(row, this.#answers);
    if (this.#head !== undefined) {
      for (const row of fresh) this.#reservoir.offer(row);
      const { items, standsFor } = this.#reservoir;
      this.#head.learn(fresh, replay ? items : [], standsFor, this.#answers);
    }
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
    this.#head?.reset(part);
    this.#memory.reset(part);
    this.#reservoir.clear();
    this.#codebook = this.#newCodebook();
    this.#began = undefined;
    this.#codes = part.codes;
    this.#generations = part.generations;
    this.#answers = new PartAnswers(part, this.#config);
  }

  snapshot(): ShadowState {
    return {
      ...(this.#head !== undefined && { heads: this.#head.snapshot() }),
      reservoir: this.#reservoir.snapshot(),
      memory: this.#memory.snapshot(),
      ...(this.#codebook !== undefined && { codebook: this.#codebook.snapshot() }),
      ...(this.#began !== undefined && { began: this.#began }),
      from: this.#from,
      codes: this.#codes,
      generations: this.#generations,
    };
  }

  restore(state: ShadowState): void {
    const { heads, reservoir, memory, codebook, began, from, codes, generations } = state;
    this.#from = from;
    if (heads !== undefined) this.#head?.restore(heads);
    this.#reservoir.restore(reservoir);
    this.#memory.restore(memory);
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
      headWeight: this.#head?.headWeight ?? this.#from.headWeight,
      headBias: this.#head?.headBias ?? this.#from.headBias,
      ...this.#memory.exemplars,
      codes: this.#codes,
      generations: this.#generations,
    };
  }
}
