import { ConfigError } from "../../errors.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { CodebookState } from "./CodebookState.ts";

/** One modality's vectors of a batch with the codes they fell on. */
export interface Assigned {
  /** [N, D] */
  readonly z: Tensor;
  /** [N] int32, chosen from the codebook before this update. */
  readonly index: Tensor;
  /** [N, D] vector of the partner modality for each row: the same instant's, or an attention over some. */
  readonly partner: Tensor;
  /** [N] 1 where the vector and its partner are both present; 0 takes the row out. */
  readonly paired: Tensor;
}

/** How a codebook moves. */
export interface MmEmaOptions {
  /** γ in [0, 1); 0.99 in the released code. */
  readonly decay: number;
  /**
   * `simultaneous` (paper, eq. 7; the default: independent of the order of modalities) or `sequential`
   * (released code: one modality after the other, counts smoothed by `epsilon`).
   */
  readonly form?: "simultaneous" | "sequential";
  /** Laplace smoothing of the sequential form; 1e-5 in the released code, which pulls unused codes to 0. */
  readonly epsilon?: number;
  /** Simultaneous form: a code keeps its place while Nₖ is below this, so a floor, not a smoothing. */
  readonly minCount?: number;
}

/**
 * Moves the codes towards what falls on them: every vector counts as the mean of itself and its partner.
 *
 *     Nᵢ ← γNᵢ + (1−γ) Σ_m nᵢᵐ
 *     oᵢ ← γoᵢ + (1−γ) Σ_m Σ_{j on i} (z_m,j + r_m,j)/2
 *     eᵢ ← oᵢ / Nᵢ
 *
 * Where both members of every pair fall on the same code this is plain EMA over all vectors; it differs
 * only where they disagree, and there moves both codes to the pair's midpoint. Rows without a partner
 * are left out: moving a code by one modality alone splits the codebook.
 *
 * @param modalities In the order of the sequential form.
 * @returns The state with new codes, counts and sums, and `idle` counted up or set to 0.
 * @throws {ConfigError} If γ is not in [0, 1).
 *
 * Xia et al. 2023 (CMG), eq. 7. Decay and sequential form: released code.
 */
export function updateCodebook(
  state: CodebookState<Tensor>,
  modalities: readonly Assigned[],
  { decay, form = "simultaneous", epsilon = 0, minCount = 1e-3 }: MmEmaOptions,
): CodebookState<Tensor> {
  if (!(decay >= 0 && decay < 1))
    throw new ConfigError("updateCodebook", `decay must be in [0, 1), got ${decay}`);
  const size = state.codes.shape[0] ?? 0;
  const hits = modalities.map((modality) => {
    const onCode = tf.mul(
      tf.oneHot(tf.cast(modality.index, "int32"), size, 1, 0, "float32"),
      tf.expandDims(modality.paired, 1),
    ); // [N, K]
    const pulled = tf.mul(tf.add(modality.z, modality.partner), 0.5); // [N, D]
    return { count: tf.sum(onCode, 0), sum: tf.matMul(onCode, pulled, true, false) }; // [K], [K, D]
  });
  const total = sumAll(hits.map(({ count }) => count)); // [K]
  const used = state.idle.rank === 1 ? total : tf.stack(hits.map(({ count }) => count)); // [K] or [M, K]
  const idle = tf.mul(tf.add(state.idle, 1), tf.cast(tf.lessEqual(used, 0), "float32"));

  if (form === "simultaneous") {
    const counts = average(state.counts, total, decay);
    const sums = average(state.sums, sumAll(hits.map(({ sum }) => sum)), decay);
    // While N is tiny, o/N only magnifies rounding: such a code stays where it is until it is reseeded.
    const usable = tf.cast(tf.expandDims(tf.greater(counts, minCount), 1), "float32"); // [K, 1]
    const moved = tf.div(sums, tf.expandDims(tf.maximum(counts, minCount), 1));
    const codes = tf.add(tf.mul(usable, moved), tf.mul(tf.sub(1, usable), state.codes));
    return { codes, counts, sums, idle };
  }

  let { codes, counts, sums } = state;
  for (const { count, sum } of hits) {
    counts = average(counts, count, decay);
    if (epsilon > 0) {
      const all = tf.sum(counts); // []
      counts = tf.mul(tf.div(tf.add(counts, epsilon), tf.add(all, size * epsilon)), all);
    }
    sums = average(sums, sum, decay);
    codes = tf.div(sums, tf.expandDims(counts, 1));
  }
  return { codes, counts, sums, idle };
}

function average(old: Tensor, fresh: Tensor, decay: number): Tensor {
  return tf.add(tf.mul(old, decay), tf.mul(fresh, 1 - decay));
}

function sumAll(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((sum, tensor) => tf.add(sum, tensor));
}
