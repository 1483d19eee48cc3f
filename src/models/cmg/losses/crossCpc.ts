import { ConfigError } from "../../../errors.ts";
import { type Tensor, tf } from "../../../tensor/tf.ts";
import type { CmgCpc } from "../config.ts";
import { cpcStarts } from "../config.ts";
import { diagonalCrossEntropy } from "./contrast.ts";

/** What Cross-CPC needs of one modality. */
export interface CpcSide {
  readonly name: string;
  /** [B, T, D] before quantisation. */
  readonly z: Tensor;
  /** Per step k = 1 … K: [B, T, D] the prediction of z(t + k) from the context after t. */
  readonly predictions: readonly Tensor[];
  /** [Q, D] earlier targets and [Q] 1 where there is one yet. */
  readonly queue?: { readonly rows: Tensor; readonly filled: Tensor };
}

/** What `crossCpc` gives. */
export interface CpcResult {
  /** [] Σ of all ordered pairs, weighted. */
  readonly loss: Tensor;
  /** [] mean over the pairs of different modalities, in nats; ln B where nothing is learnt. */
  readonly cross: Tensor;
}

/**
 * Contrastive prediction across modalities: the past of a picks the future of b among the batch.
 *
 *     S_k(i,j) = z_b,i(t + k) · W_k^a c_a,j(t)
 *     L = Σ_{a,b} w_ab · 1/K Σ_k Σ_t w_t CE(S_k)          w_ab cross or self weight
 *
 * Raw dot products, as published. Other clips of the batch at the same t + k are the negatives.
 *
 * @param starts [T − K − firstStart] weights of the ends of the context, from `firstStart` on; one 1, or
 *   equal shares.
 * @param blocked [B, B] 1 where two clips are no negatives of each other.
 *
 * Xia et al. 2023 (CMG), eq. 6; weights and the self term: released code.
 */
export function crossCpc(
  sides: readonly CpcSide[],
  starts: Tensor,
  config: CmgCpc,
  blocked?: Tensor,
): CpcResult {
  const [B = 0, T = 0, D = 0] = sides[0]?.z.shape ?? [];
  const count = cpcStarts(T, config);
  if (starts.shape[0] !== count)
    throw new ConfigError(
      "crossCpc",
      `expected ${count} weights of starts, got ${starts.shape[0]}`,
    );
  // [T', B, D]: one score matrix per end of the context.
  const cut = (rows: Tensor, from: number): Tensor =>
    tf.transpose(tf.slice(rows, [0, from, 0], [B, count, D]), [1, 0, 2]);

  const terms: Tensor[] = [];
  const crosses: Tensor[] = [];
  for (const [at, from] of sides.entries())
    for (const [other, to] of sides.entries()) {
      const weight = at === other ? config.selfWeight : config.crossWeight;
      if (weight === 0) continue;
      const perStep = from.predictions.map((prediction, k) => {
        const contexts = cut(prediction, config.firstStart);
        const targets = cut(to.z, config.firstStart + k + 1);
        const scores = tf.matMul(targets, contexts, false, true); // [T', B, B]
        const extra = to.queue === undefined ? undefined : queueScores(to.queue, contexts);
        const losses = diagonalCrossEntropy(scores, config.direction, blocked, extra); // [T']
        return tf.sum(tf.mul(losses, starts));
      });
      const loss = tf.mul(sum(perStep), 1 / config.steps);
      terms.push(tf.mul(loss, weight));
      if (at !== other) crosses.push(loss);
    }
  return {
    loss: sum(terms),
    cross: crosses.length === 0 ? tf.scalar(0) : tf.mul(sum(crosses), 1 / crosses.length),
  };
}

function queueScores(
  { rows, filled }: { readonly rows: Tensor; readonly filled: Tensor },
  contexts: Tensor,
): Tensor {
  const [count = 0, B = 0, D = 0] = contexts.shape;
  const flat = tf.matMul(rows, tf.reshape(contexts, [count * B, D]), false, true); // [Q, T' B]
  const scores = tf.transpose(tf.reshape(flat, [-1, count, B]), [1, 0, 2]); // [T', Q, B]
  return tf.sub(scores, tf.mul(tf.reshape(tf.sub(1, filled), [1, -1, 1]), 1e9));
}

function sum(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((total, tensor) => tf.add(total, tensor));
}
