import { type Tensor, tf } from "../../tensor/tf.ts";
import { correlationTerm } from "../decur/correlationTerm.ts";
import { decurTerms } from "../decur/decurTerms.ts";
import { standardizeColumns } from "../decur/standardizeColumns.ts";

/** One stream's projections at the same instants as the others'. */
export interface StreamView {
  readonly name: string;
  /** [R, embedding] */
  readonly view: Tensor;
  /** [R] 1 where the stream was sensed. */
  readonly present: Tensor;
}

/** How the projected dimensions are split. */
export interface SplitLossOptions {
  /** How many of the dimensions, counted from the first, are common. */
  readonly common: number;
  /** Weight of one off-diagonal entry of a correlation beside one of the diagonal. */
  readonly lambda: number;
}

/**
 * DeCUR between streams: in the first dimensions they agree, in the rest they are unrelated.
 *
 *     C_ab = Σ_r ẑ_a ẑ_bᵀ / n over the rows where both are present;   L = Σ_{a<b} ½ (BT_1(C^com) + BT_0(C^uni))
 *
 * There are no two views of one stream here: what keeps a dimension from dying is the other losses.
 *
 * Wang et al. 2024, eqs. 3-5, arXiv:2309.05300; without the terms within a modality.
 */
export function splitLoss(
  views: readonly StreamView[],
  { common, lambda }: SplitLossOptions,
): Tensor {
  const K = views[0]?.view.shape[1] ?? 0;
  if (views.length < 2) return tf.scalar(0);
  const names = views.map(({ name }) => name);
  const terms = decurTerms(names, K, { common, terms: { intra: 0 } });
  const losses = terms.map(({ a, b, from, to, target, weight }) => {
    const [left, right] = [views[a], views[b]];
    if (left === undefined || right === undefined) return tf.scalar(0);
    const both = tf.mul(left.present, right.present); // [R]
    const columns = ({ view }: StreamView): Tensor =>
      standardizeColumns(tf.slice(view, [0, from], [view.shape[0] ?? 0, to - from]), {
        present: both,
      }).value;
    const count = tf.maximum(tf.sum(both), 1);
    const correlation = tf.div(tf.matMul(columns(left), columns(right), true), count);
    return tf.mul(correlationTerm(correlation, { target, lambda }), weight);
  });
  return losses.reduce((sum, loss) => tf.add(sum, loss));
}
