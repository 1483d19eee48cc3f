import { gelu } from "../../tensor/ops/gelu.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { gainNorm, project } from "./attention.ts";

/** Weights of a gated feed-forward module, without biases. */
export type FeedForwardParams<L> = {
  /** [norms, D] */
  readonly norm: L;
  /** [D, ⌊8D/3⌋] each. */
  readonly value: L;
  readonly gate: L;
  /** [⌊8D/3⌋, D] */
  readonly out: L;
};

/** Width between the two layers: two thirds of the usual 4 · D, because there are three matrices. */
export function hiddenWidth(width: number): number {
  return Math.floor((8 * width) / 3);
}

/**
 * x + W₃ · ( W₁ LN(x) ⊙ gelu(W₂ LN(x)) ): a gated feed-forward module with its residual.
 *
 * @param x [..., D]
 *
 * GEGLU: Shazeer 2020, eq. 6, arXiv:2002.05202, with the tanh form of GELU.
 */
export function feedForward(params: FeedForwardParams<Tensor>, x: Tensor): Tensor {
  const normal = gainNorm(x, params.norm);
  const gated = tf.mul(project(normal, params.value), gelu(project(normal, params.gate)));
  return tf.add(x, project(gated, params.out));
}
