import { type Tensor, tf } from "../../tensor/tf.ts";
import type { CodebookState } from "./CodebookState.ts";

/** When a code counts as dead, and what it restarts with. */
export interface ReseedOptions {
  /** Batches without a hit after which a code is dead. */
  readonly idleLimit: number;
  /** N of a reborn code, in vectors per batch: the vector it sits on counts that often. */
  readonly count?: number;
  /** Where idle counts per modality: dead when no modality uses it, or when one of them does not. */
  readonly rule?: "any" | "both";
  /** False leaves N and o as they were, as the released code does; the code then soon returns. */
  readonly syncStats?: boolean;
}

/**
 * 1 where a code is dead, else 0.
 *
 * @param idle [K], or [M, K] per modality.
 * @returns [K]
 */
export function deadCodes(idle: Tensor, idleLimit: number, rule: "any" | "both" = "any"): Tensor {
  return tf.cast(tf.greater(waited(idle, rule), idleLimit), "float32");
}

/** [K] batches that count for the rule: since any modality, or since the last of them, chose a code. */
export function waited(idle: Tensor, rule: "any" | "both"): Tensor {
  if (idle.rank === 1) return idle;
  return rule === "any" ? tf.min(idle, 0) : tf.max(idle, 0);
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
  { idleLimit, count = 1, rule = "any", syncStats = true }: ReseedOptions,
): CodebookState<Tensor> {
  const dead = deadCodes(state.idle, idleLimit, rule); // [K]
  const alive = tf.sub(1, dead);
  const deadRows = tf.expandDims(dead, 1); // [K, 1]
  const aliveRows = tf.expandDims(alive, 1);
  const codes = tf.add(tf.mul(aliveRows, state.codes), tf.mul(deadRows, candidates));
  const idle = tf.mul(alive, state.idle);
  if (!syncStats) return { ...state, codes, idle };
  return {
    codes,
    counts: tf.add(tf.mul(alive, state.counts), tf.mul(dead, count)),
    sums: tf.add(tf.mul(aliveRows, state.sums), tf.mul(deadRows, tf.mul(candidates, count))),
    idle,
  };
}
