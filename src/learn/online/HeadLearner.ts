import type { HeadGuardConfig } from "../../models/mla/config.ts";
import { HeadGuard } from "../../models/mla/HeadGuard.ts";
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
}

/** How the head steps. */
export interface HeadLearnerOptions {
  /** Learning rate, as if ‖x‖² were 1: normalised features have ‖x‖² near their number n. */
  readonly rate: number;
  /** Pull back to the trained head: share of the difference that every step takes away. */
  readonly anchor: number;
  readonly guard: HeadGuardConfig;
  /** Share of the target that is what the trained head says: what labels have not reached yet stays. */
  readonly distilled: number;
}

/** What a head has become, in double precision. */
export interface HeadState {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  /** The guard's means by modality. */
  readonly means: Readonly<Record<string, Float64Array>>;
}

/**
 * Teaches the shared head, one modality after the other, each step kept from what the head knows of the
 * others.
 *
 *     Δ_m = −(rate / n) · P_m · mean_i w_i x_i (p_i − t_i)ᵀ        x = [ẑ_m ; s_m ; 1], P_m of the other modalities
 *     t = (1 − λ) y + λ p_trained                            λ: `distilled`
 *
 * A class that nobody has labelled yet is no target of any label, so plain steps would teach that it does not
 * happen; what the trained head says of it holds it up.
 *
 * The modalities are the streams and the joint of all that is present. Plain steps: momentum would carry a
 * direction past the projection.
 *
 * Zhang et al. 2024 (MLA), sec. 3.2, arXiv:2311.10707, in the stream form of `HeadGuard`.
 */
export class HeadLearner {
  readonly #config: UnifiedConfig;
  readonly #options: HeadLearnerOptions;
  readonly #trained: AdaptedPart;
  #guard: HeadGuard;
  #weight: Float64Array;
  #bias: Float64Array;

  constructor(trained: AdaptedPart, config: UnifiedConfig, options: HeadLearnerOptions) {
    this.#config = config;
    this.#options = options;
    this.#trained = trained;
    this.#weight = Float64Array.from(trained.headWeight);
    this.#bias = Float64Array.from(trained.headBias);
    this.#guard = this.#newGuard();
  }

  /** [D + specific, classes], a copy in single precision: what is served. */
  get headWeight(): Float32Array {
    return Float32Array.from(this.#weight);
  }

  /** [classes] */
  get headBias(): Float32Array {
    return Float32Array.from(this.#bias);
  }

  /** Starts over from a served head; what the guard knows of the modalities stays. */
  reset({ headWeight, headBias }: Pick<AdaptedPart, "headWeight" | "headBias">): void {
    this.#weight = Float64Array.from(headWeight);
    this.#bias = Float64Array.from(headBias);
  }

  /** Multiplications that a step over so many rows takes, about. */
  costOf(rows: number): number {
    const { codeDim, specific, codes, classes, streams } = this.#config;
    const n = codeDim + specific + 1;
    const perRow = codes * codeDim + 2 * n * classes.length;
    const perModality = this.#options.guard.kind === "none" ? 0 : n * n * (classes.length + 2);
    return (streams.length + 1) * (rows * perRow + perModality);
  }

  /**
   * One round over the modalities.
   *
   * @param answers Looks up codes; its own head is not used.
   */
  step(batch: readonly LabelledRow[], answers: PartAnswers): void {
    const { streams } = this.#config;
    for (const [at, { name }] of streams.entries())
      this.#stepOf(name, batch, answers, (row) => slotsOf(row.mask, streams.length).streams[at]);
    this.#stepOf("the joint", batch, answers, (row) =>
      slotsOf(row.mask, streams.length).joints.get(row.mask),
    );
    const { anchor } = this.#options;
    const { headWeight, headBias } = this.#trained;
    for (let i = 0; i < this.#weight.length; i++)
      this.#weight[i] =
        (this.#weight[i] as number) +
        anchor * ((headWeight[i] as number) - (this.#weight[i] as number));
    for (let c = 0; c < this.#bias.length; c++)
      this.#bias[c] =
        (this.#bias[c] as number) + anchor * ((headBias[c] as number) - (this.#bias[c] as number));
  }

  /** All that it knows, copied. */
  snapshot(): HeadState {
    return { weight: this.#weight.slice(), bias: this.#bias.slice(), means: this.#guard.means() };
  }

  /** Goes on where another one of the same model was. */
  restore({ weight, bias, means }: HeadState): void {
    this.#weight = weight.slice();
    this.#bias = bias.slice();
    this.#guard = this.#newGuard();
    this.#guard.recall(means);
  }

  #newGuard(): HeadGuard {
    const { codeDim, specific } = this.#config;
    const { guard: config } = this.#options;
    return new HeadGuard({ config, width: codeDim + specific, guardsBias: true });
  }

  #stepOf(
    modality: string,
    batch: readonly LabelledRow[],
    answers: PartAnswers,
    slotOf: (row: LearnerRow) => number | undefined,
  ): void {
    const C = this.#bias.length;
    const n = this.#weight.length / C + 1;
    const gradient = new Float64Array(n * C);
    const mean = new Float64Array(n - 1);
    let total = 0;
    let seen = 0;
    for (const { row, label, weight } of batch) {
      const slot = slotOf(row) ?? -1;
      if (slot < 0) continue;
      const features = answers.featuresOf(row, slot);
      const errors = this.#errors(features, label);
      for (let i = 0; i < n; i++) {
        const feature = weight * (i === n - 1 ? 1 : (features[i] as number));
        for (let c = 0; c < C; c++)
          gradient[i * C + c] = (gradient[i * C + c] as number) + feature * (errors[c] as number);
      }
      for (let i = 0; i < n - 1; i++) mean[i] = (mean[i] as number) + (features[i] as number);
      total += weight;
      seen++;
    }
    if (seen === 0) return;
    const scale = -this.#options.rate / (n * total);
    const projector = this.#options.guard.kind === "none" ? undefined : this.#guard.next(modality);
    for (let i = 0; i < n; i++)
      for (let c = 0; c < C; c++) {
        let change = gradient[i * C + c] as number;
        if (projector !== undefined) {
          change = 0;
          for (let j = 0; j < n; j++)
            change += (projector[i * n + j] as number) * (gradient[j * C + c] as number);
        }
        if (i === n - 1) this.#bias[c] = (this.#bias[c] as number) + scale * change;
        else this.#weight[i * C + c] = (this.#weight[i * C + c] as number) + scale * change;
      }
    if (projector !== undefined)
      this.#guard.observe(
        modality,
        mean.map((sum) => sum / seen),
      );
  }

  /** [classes] p − t. */
  #errors(features: Float64Array, label: number): Float64Array {
    const { distilled } = this.#options;
    const errors = softmax(features, this.#weight, this.#bias);
    const { headWeight, headBias } = this.#trained;
    const before = distilled === 0 ? undefined : softmax(features, headWeight, headBias);
    for (let c = 0; c < errors.length; c++)
      errors[c] =
        (errors[c] as number) - distilled * (before?.[c] ?? 0) - (c === label ? 1 - distilled : 0);
    return errors;
  }
}

/** [classes] softmax(xW + b). */
function softmax(
  features: Float64Array,
  weight: Float64Array | Float32Array,
  bias: Float64Array | Float32Array,
): Float64Array {
  const C = bias.length;
  const values = Float64Array.from(bias);
  for (let i = 0; i < features.length; i++) {
    const feature = features[i] as number;
    for (let c = 0; c < C; c++)
      values[c] = (values[c] as number) + feature * (weight[i * C + c] as number);
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
