import { type Tensor, tf } from "../../tensor/tf.ts";
import type { CodebookState } from "./CodebookState.ts";

/** When a code counts as dead, and what it restarts with. */
export interface ReseedOptions {
  /** Batches without a hit after which a code is dead. */
  readonly idleLimit: number;
  /** N of a reborn code, in vectors per batch: the vector it sits on counts that often. */
  readonly count?: number;
}

/**
 * Puts dead codes where data is: eₖ = a vector of this batch, Nₖ = count, oₖ = count · eₖ, idle 0.
 *
 * Resetting (N, o) too is what makes it last: from eₖ alone the next moving average recomputes the old
 * code. A new codebook is all dead, so its first batch seeds it.
 *
 * @param candidates [K, D] one vector of the batch per code, drawn at random; used where the code is dead.
 *
 * Xia et al. 2023 (CMG), sec. 3.3; the (N, o) reset is ours (the released code lacks it).
 */
export function reseedDeadCodes(
  state: CodebookState<Tensor>,
  candidates: Tensor,
  { idleLimit, count = 1 }: ReseedOptions,
): CodebookState<Tensor> {
  const dead = tf.cast(tf.greater(state.idle, idleLimit), "float32"); // [K]
  const alive = tf.sub(1, dead);
  const deadRows = tf.expandDims(dead, 1); // [K, 1]
  const aliveRows = tf.expandDims(alive, 1);
  return {
    codes: tf.add(tf.mul(aliveRows, state.codes), tf.mul(deadRows, candidates)),
    counts: tf.add(tf.mul(alive, state.counts), tf.mul(dead, count)),
    sums: tf.add(tf.mul(aliveRows, state.sums), tf.mul(deadRows, tf.mul(candidates, count))),
    idle: tf.mul(alive, state.idle),
  };
}
