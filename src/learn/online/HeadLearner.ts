import type { HeadGuardConfig } from "../../models/mla/config.ts";
import { HeadGuard } from "../../models/mla/HeadGuard.ts";
import { rlsUpdate } from "../../models/mla/rlsUpdate.ts";
import type { AdaptedPart } from "../../models/unified/adapted.ts";
import type { UnifiedConfig } from "../../models/unified/config.ts";
import { type LearnerRow, slotsOf } from "./LearnerRow.ts";
import type { PartAnswers } from "./PartAnswers.ts";

/** A row whose class is known, or believed. */
export interface LabelledRow {
  readonly row: LearnerRow;
  /** Index of the class. */
  readonly label: number;
  /** How much it counts: 1 for a person's word, less for a guess. */
  readonly weight: number;
  /** Block of time that it counts in: rows of one label err together. */
  readonly block: number;
}

/** How the heads learn. */
export interface HeadLearnerOptions {
  /** λ: how firmly the trained heads are believed; see `HeadLearner`. */
  readonly belief: number;
  /** Newton steps each time there is something new. */
  readonly sweeps: number;
  /** Whether every stream and the joint learn a head of their own, or all of them one. */
  readonly kind: "apart" | "shared";
  /** How a shared head is kept from unlearning one stream over another; heads apart need no guard. */
  readonly guard: HeadGuardConfig;
  /** Labelled rows kept to be learnt again, a uniform sample of all. */
  readonly reservoir: number;
}

/** What the heads have become, in double precision. */
export interface HeadState {
  /** [heads, n, classes], n = D + specific + 1, the bias being the last row: what was started from, and is. */
  readonly prior: Float64Array;
  readonly weights: Float64Array;
  /** By head, [n, n]. */
  readonly inverses: readonly Float64Array[];
  /** The guard's means by modality. */
  readonly means: Readonly<Record<string, Float64Array>>;
}

/**
 * Teaches the heads from labelled rows: maximum a posteriori of a multinomial logistic model whose prior W₀ is
 * what serves at the start, the trained head.
 *
 *     W* = argmin Σ_i w_i CE(x_i W, y_i) + λ/2 ‖W − W₀‖²
 *     W ← W + H⁻¹ (Xᵀ w (T − softmax(XW)) − λ (W − W₀)),   H = λI + ½ Σ x xᵀ
 *
 * ½ Σ x xᵀ bounds the curvature of the cross-entropy wherever W is, so each step goes down, with no rate to
 * choose, and H⁻¹ is kept up row by row as recursive least squares keep it. Every label speaks against all
 * other classes, and one that nobody has labelled yet has nothing to say for itself: while few are labelled, this
 * does harm, which is what a gate is for.
 *
 * The rows are a uniform sample of all that were labelled, weighed to stand for them all; without such a sample
 * every row is learnt once, in one step.
 *
 * Böhning 1992, "Multinomial logistic regression algorithm", doi 10.1007/BF00048682: the bound. `rlsUpdate` and
 * the guard of a shared head: Zhang et al. 2024 (MLA), sec. 3.2, arXiv:2311.10707.
 */
export class HeadLearner {
  readonly #config: UnifiedConfig;
  readonly #options: HeadLearnerOptions;
  readonly #heads: number;
  #guard: HeadGuard;
  /** What it started from: the mean of the prior. */
  #prior: Float64Array;
  #weights: Float64Array;
  #inverses: Float64Array[];

  constructor(trained: AdaptedPart, config: UnifiedConfig, options: HeadLearnerOptions) {
    this.#config = config;
    this.#options = options;
    this.#heads = options.kind === "apart" ? config.streams.length + 1 : 1;
    this.#prior = this.#joined(trained);
    this.#weights = this.#prior.slice();
    this.#inverses = this.#freshInverses();
    this.#guard = this.#newGuard();
  }

  /** [S + 1, D + specific, classes], a copy in single precision: what is served. */
  get headWeight(): Float32Array {
    return this.#served((n) => [0, n - 1]);
  }

  /** [S + 1, classes] */
  get headBias(): Float32Array {
    return this.#served((n) => [n - 1, n]);
  }

  /** Starts over from served heads: they are believed from here on, and the rows so far are forgotten. */
  reset(part: Pick<AdaptedPart, "headWeight" | "headBias">): void {
    this.#prior = this.#joined(part);
    this.#weights = this.#prior.slice();
    this.#inverses = this.#freshInverses();
  }

  /** Multiplications that learning so many fresh rows and so many again takes, about. */
  costOf(fresh: number, again: number): number {
    const { codeDim, codes, classes, streams } = this.#config;
    const n = this.#width;
    const perSweep = (fresh + again) * 2 * n * classes.length + n * n * classes.length;
    const once = fresh * (2 * n * n + codes * codeDim);
    const guard = this.#options.guard.kind === "none" ? 0 : n * n * (classes.length + 2);
    return (streams.length + 1) * (once + this.#options.sweeps * (perSweep + guard));
  }

  /**
   * Takes up new rows and moves the heads towards what all rows say.
   *
   * @param again A uniform sample of all rows so far, the new ones among them; empty to learn the new ones alone.
   * @param standsFor How many rows each of `again` stands for.
   * @param answers Looks up codes; its own heads are not used.
   */
  learn(
    fresh: readonly LabelledRow[],
    again: readonly LabelledRow[],
    standsFor: number,
    answers: PartAnswers,
  ): void {
    const heads = this.#config.streams.length + 1;
    const [news, all] = [fresh, again].map((rows) =>
      Array.from({ length: heads }, (_, head) => this.#read(rows, head, answers)),
    );
    for (const [head, examples] of (news ?? []).entries())
      for (const { features, weight } of examples)
        rlsUpdate(
          this.#inverses[this.#headOf(head)] as Float64Array,
          features.map((value) => value * Math.sqrt(weight)),
          2 * this.#options.belief,
        );
    const isWhole = again.length > 0;
    for (let sweep = 0; sweep < (isWhole ? this.#options.sweeps : 1); sweep++)
      for (const [head, examples] of ((isWhole ? all : news) ?? []).entries())
        this.#step(head, examples, isWhole ? standsFor : undefined);
    for (const [head, examples] of (news ?? []).entries()) this.#remember(head, examples);
  }

  /** All that it knows, copied. */
  snapshot(): HeadState {
    return {
      prior: this.#prior.slice(),
      weights: this.#weights.slice(),
      inverses: this.#inverses.map((each) => each.slice()),
      means: this.#guard.means(),
    };
  }

  /** Goes on where another one of the same model was. */
  restore({ prior, weights, inverses, means }: HeadState): void {
    this.#prior = prior.slice();
    this.#weights = weights.slice();
    this.#inverses = inverses.map((each) => each.slice());
    this.#guard = this.#newGuard();
    this.#guard.recall(means);
  }

  /** n: what a head reads, the constant included. */
  get #width(): number {
    return this.#config.codeDim + this.#config.specific + 1;
  }

  /** The learnt head that stands for a stream or the joint. */
  #headOf(position: number): number {
    return this.#heads === 1 ? 0 : position;
  }

  #step(position: number, examples: readonly Example[], standsFor: number | undefined): void {
    if (examples.length === 0) return;
    const C = this.#config.classes.length;
    const n = this.#width;
    const head = this.#headOf(position);
    const weights = this.#weights.subarray(head * n * C, (head + 1) * n * C);
    const gradient = new Float64Array(n * C);
    for (const { features, label, weight } of examples) {
      const errors = softmax(features, weights, C);
      errors[label] = (errors[label] as number) - 1;
      for (let i = 0; i < n; i++) {
        const feature = -weight * (standsFor ?? 1) * (features[i] as number);
        for (let c = 0; c < C; c++)
          gradient[i * C + c] = (gradient[i * C + c] as number) + feature * (errors[c] as number);
      }
    }
    const { belief } = this.#options;
    if (standsFor !== undefined) {
      const prior = this.#prior.subarray(head * n * C, (head + 1) * n * C);
      for (let i = 0; i < gradient.length; i++)
        gradient[i] =
          (gradient[i] as number) + belief * ((prior[i] as number) - (weights[i] as number));
    }
    let change = product(this.#inverses[head] as Float64Array, gradient, n, C);
    if (this.#options.guard.kind !== "none")
      change = product(this.#guard.next(this.#nameOf(position)), change, n, C);
    for (let i = 0; i < change.length; i++)
      weights[i] = (weights[i] as number) + (change[i] as number) / belief;
  }

  /** Lets the guard see what a stream's rows were like. */
  #remember(position: number, examples: readonly Example[]): void {
    if (this.#options.guard.kind === "none" || examples.length === 0) return;
    const mean = new Float64Array(this.#width - 1);
    for (const { features } of examples)
      for (let i = 0; i < mean.length; i++)
        mean[i] = (mean[i] as number) + (features[i] as number) / examples.length;
    this.#guard.observe(this.#nameOf(position), mean);
  }

  #nameOf(position: number): string {
    return this.#config.streams[position]?.name ?? "the joint";
  }

  /** What a head reads of rows; of the joint, every subset's, which count as one together. */
  #read(rows: readonly LabelledRow[], position: number, answers: PartAnswers): readonly Example[] {
    const { length: S } = this.#config.streams;
    return rows.flatMap(({ row, label, weight }) => {
      const { streams, joints } = slotsOf(row.mask, S);
      const slots = position < S ? [streams[position] ?? -1] : [...joints.values()];
      return slots
        .filter((slot) => slot >= 0)
        .map((slot) => ({
          features: answers.featuresOf(row, slot, position),
          label,
          weight: weight / slots.length,
        }));
    });
  }

  #newGuard(): HeadGuard {
    const { guard: config } = this.#options;
    return new HeadGuard({ config, width: this.#width - 1, guardsBias: true });
  }

  #freshInverses(): Float64Array[] {
    const n = this.#width;
    return Array.from({ length: this.#heads }, () =>
      Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0)),
    );
  }

  /** Weights and biases of served heads, one after the other; of a shared one, the first. */
  #joined({ headWeight, headBias }: Pick<AdaptedPart, "headWeight" | "headBias">): Float64Array {
    const C = this.#config.classes.length;
    const n = this.#width;
    const all = new Float64Array(this.#heads * n * C);
    for (let head = 0; head < this.#heads; head++) {
      all.set(headWeight.subarray(head * (n - 1) * C, (head + 1) * (n - 1) * C), head * n * C);
      all.set(headBias.subarray(head * C, (head + 1) * C), (head * n + n - 1) * C);
    }
    return all;
  }

  /** Rows [from, to) of every head. */
  #served(rowsOf: (n: number) => readonly [from: number, to: number]): Float32Array {
    const C = this.#config.classes.length;
    const n = this.#width;
    const [from, to] = rowsOf(n);
    const length = (to - from) * C;
    const heads = this.#config.streams.length + 1;
    const served = new Float32Array(heads * length);
    for (let position = 0; position < heads; position++) {
      const at = (this.#headOf(position) * n + from) * C;
      served.set(this.#weights.subarray(at, at + length), position * length);
    }
    return served;
  }
}

/** What a head reads of one labelled row. */
interface Example {
  /** [n] */
  readonly features: Float64Array;
  readonly label: number;
  readonly weight: number;
}

/** [n, C] matrix [n, n] times values [n, C]. */
function product(matrix: Float64Array, values: Float64Array, n: number, C: number): Float64Array {
  const result = new Float64Array(n * C);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const factor = matrix[i * n + j] as number;
      for (let c = 0; c < C; c++)
        result[i * C + c] = (result[i * C + c] as number) + factor * (values[j * C + c] as number);
    }
  return result;
}

/** [C] softmax(xW). */
function softmax(features: Float64Array, weights: Float64Array, C: number): Float64Array {
  const values = new Float64Array(C);
  for (let i = 0; i < features.length; i++) {
    const feature = features[i] as number;
    for (let c = 0; c < C; c++)
      values[c] = (values[c] as number) + feature * (weights[i * C + c] as number);
  }
  let top = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > top) top = value;
  let sum = 0;
  for (let c = 0; c < C; c++) {
    values[c] = Math.exp((values[c] as number) - top);
    sum += values[c] as number;
  }
  return values.map((value) => value / sum);
}
