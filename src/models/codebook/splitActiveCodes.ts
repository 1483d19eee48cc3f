import { type Tensor, tf } from "../../tensor/tf.ts";
import type { CodebookState } from "./CodebookState.ts";
import { deadCodes, type ReseedOptions, waited } from "./reseedDeadCodes.ts";

/** A code idle for fewer batches than this may be a parent; the released code's constant. */
const RECENT = 100;

/**
 * Puts dead codes beside codes in use: eₖ = e_p + noise, p drawn among the recently used.
 *
 * With `syncStats` the parent's weight is shared out, so that the next average keeps every child where
 * it was put and no parent moves:
 *
 *     N_p ← N_p / (1 + children),   N_k = N_p,   o_k = N_k eₖ
 *
 * Where no code is in use nothing happens.
 *
 * @param pick [K] uniform in [0, 1): which parent each code would take.
 * @param noise [K, D]
 *
 * Released code of CMG, which leaves (N, o) behind; the division is ours.
 */
export function splitActiveCodes(
  state: CodebookState<Tensor>,
  pick: Tensor,
  noise: Tensor,
  { idleLimit, rule = "any", syncStats = true }: ReseedOptions,
): CodebookState<Tensor> {
  const [size = 0] = pick.shape;
  const condemned = deadCodes(state.idle, idleLimit, rule); // [K]
  const recent = tf.cast(tf.less(waited(state.idle, "any"), RECENT), "float32");
  const active = tf.mul(recent, tf.sub(1, condemned)); // [K]
  const total = tf.sum(active); // []
  const dead = tf.mul(condemned, tf.cast(tf.greater(total, 0), "float32")); // [K]
  const alive = tf.sub(1, dead);

  // The n-th active code is the number of places at which fewer than n + 1 were passed.
  const wanted = tf.floor(tf.mul(pick, total)); // [K]
  const passed = tf.lessEqual(tf.expandDims(tf.cumsum(active), 0), tf.expandDims(wanted, 1)); // [K, K]
  const parent = tf.minimum(tf.sum(tf.cast(passed, "float32"), 1), size - 1); // [K]
  const lineage = tf.mul(
    tf.oneHot(tf.cast(parent, "int32"), size, 1, 0, "float32"),
    tf.expandDims(dead, 1),
  ); // [K, K], row: child, column: parent

  const deadRows = tf.expandDims(dead, 1); // [K, 1]
  const aliveRows = tf.expandDims(alive, 1);
  const born = tf.add(tf.matMul(lineage, state.codes), noise); // [K, D]
  const codes = tf.add(tf.mul(aliveRows, state.codes), tf.mul(deadRows, born));
  const idle = tf.mul(state.idle, alive);
  if (!syncStats) return { ...state, codes, idle };

  const share = tf.div(1, tf.add(1, tf.sum(lineage, 0))); // [K]
  const kept = tf.mul(state.counts, share); // [K] of parents after sharing out
  const inherited = tf.reshape(tf.matMul(lineage, tf.expandDims(kept, 1)), [size]); // [K]
  return {
    codes,
    counts: tf.add(tf.mul(alive, kept), inherited),
    sums: tf.add(
      tf.mul(aliveRows, tf.mul(state.sums, tf.expandDims(share, 1))),
      tf.mul(tf.expandDims(inherited, 1), born),
    ),
    idle,
  };
}
