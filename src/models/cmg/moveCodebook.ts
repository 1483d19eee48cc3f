import { ConfigError } from "../../errors.ts";
import { stopGradient } from "../../tensor/gradients.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { attendPartner } from "../codebook/attendPartner.ts";
import type { CodebookState } from "../codebook/CodebookState.ts";
import { nearestCode } from "../codebook/nearestCode.ts";
import { reseedDeadCodes } from "../codebook/reseedDeadCodes.ts";
import { splitActiveCodes } from "../codebook/splitActiveCodes.ts";
import { type Assigned, updateCodebook } from "../codebook/updateCodebook.ts";
import type { CmgCodebook } from "./config.ts";

/** Random numbers of the resets of one step. */
export type ResetNoise<L, I = L> = {
  /** [L] int32 rows of all modalities' z, one after the other: where codes are (re)born. */
  readonly rows: I;
  /** [L] uniform in [0, 1): which code in use is the parent. Resets onto active codes only. */
  readonly pick?: L;
  /** [L, D] */
  readonly offset?: L;
};

/** A code idle for longer than this was never seeded. */
const UNSEEDED = 1e5;

/**
 * Puts every code of a new codebook on a vector of its first batch; leaves any other codebook alone.
 *
 * @param z [B, T, D] per modality.
 */
export function seedCodebook(
  state: CodebookState<Tensor>,
  z: readonly Tensor[],
  rows: Tensor,
): CodebookState<Tensor> {
  return reseedDeadCodes(state, candidates(z, rows), { idleLimit: UNSEEDED });
}

/**
 * The codebook after a batch: moving averages, then resets.
 *
 * `updatesPerBatch` repeats the average with codes assigned anew each time, as the paper-era code did.
 *
 * @param z [B, T, D] per modality; taken without gradient.
 * @param index [B T] int32 per modality, by `state`.
 */
export function moveCodebook(
  state: CodebookState<Tensor>,
  z: readonly Tensor[],
  index: readonly Tensor[],
  noise: ResetNoise<Tensor>,
  config: CmgCodebook,
): CodebookState<Tensor> {
  const still = z.map(stopGradient);
  const flat = still.map(flatten);
  const partners = still.map((own, at) => flatten(partnerOf(own, still, at, config)));
  const { decay, form, epsilon, minCount, updatesPerBatch, reset } = config;
  let next = state;
  for (let update = 0; update < updatesPerBatch; update++) {
    const assigned = flat.map((rows, at): Assigned => {
      const partner = partners[at];
      const chosen = update === 0 ? index[at] : nearestCode(rows, next.codes);
      if (partner === undefined || chosen === undefined)
        throw new ConfigError("moveCodebook", "expected z and indices of every modality");
      return { z: rows, index: chosen, partner, paired: tf.ones([rows.shape[0] ?? 0]) };
    });
    next = updateCodebook(next, assigned, { decay, form, epsilon, minCount });
  }
  if (reset === undefined) return next;
  const options = { idleLimit: reset.after, rule: reset.rule, syncStats: reset.syncStats };
  if (reset.onto === "data") return reseedDeadCodes(next, candidates(still, noise.rows), options);
  if (noise.pick === undefined || noise.offset === undefined)
    throw new ConfigError("moveCodebook", "expected pick and offset for resets onto active codes");
  return splitActiveCodes(next, noise.pick, noise.offset, options);
}

/** The mean of the other modalities' partners; the own vector where there are none to be had. */
function partnerOf(
  own: Tensor,
  all: readonly Tensor[],
  at: number,
  { partner }: CmgCodebook,
): Tensor {
  if (partner.kind === "none") return own;
  const others = all.filter((_, other) => other !== at);
  const found = others.map((other) =>
    partner.kind === "same-index" ? other : attendPartner(own, other, partner),
  );
  return tf.mul(
    found.reduce((total, each) => tf.add(total, each)),
    1 / found.length,
  );
}

function candidates(z: readonly Tensor[], rows: Tensor): Tensor {
  const pool = tf.concat(
    z.map((each) => flatten(stopGradient(each))),
    0,
  );
  return tf.gather(pool, tf.cast(rows, "int32") as never) as Tensor;
}

function flatten(z: Tensor): Tensor {
  return tf.reshape(z, [-1, z.shape.at(-1) ?? 0]);
}
