import type { Rng } from "../../tensor/Rng.ts";
import { type ImlConfig, tokensOf } from "./config.ts";
import { drawCombination } from "./drawCombination.ts";
import { drawTokenBudget } from "./drawTokenBudget.ts";

/** Host data of one modality's masks for a batch. */
export interface HostMasks {
  /** [B] */
  readonly present: Float32Array;
  /** [B, T] */
  readonly visible: Float32Array;
}

/** How masks are drawn. */
export interface DrawMasksOptions {
  /** B */
  readonly batch: number;
  /** Per modality [B] 1 where the sample really has it; one left out: every sample has it. */
  readonly available?: { readonly [modality: string]: ArrayLike<number> };
  /** `random`: a random modality combination. `all`: whatever a sample has. */
  readonly combination: "random" | "all";
  /** Share of the tokens of the present modalities that stay visible; 1 hides none. */
  readonly keep: number;
  /** Whether each sample draws its own masks; the paper draws one per batch. */
  readonly perSample: boolean;
}

/**
 * Masks of one training batch: which modalities each sample is given, and which tokens of them.
 *
 * A sample never loses its last modality: where a batch-wide combination leaves nothing of what a
 * sample has, it keeps all it has.
 *
 * @returns Per modality of the configuration.
 */
export function drawMasks(
  rng: Rng,
  { modalities }: Pick<ImlConfig, "modalities">,
  { batch, available = {}, combination, keep, perSample }: DrawMasksOptions,
): { readonly [modality: string]: HostMasks } {
  const members = modalities.map(({ name, adapter }) => {
    const T = tokensOf(adapter);
    return {
      name,
      T,
      has: available[name],
      present: new Float32Array(batch),
      visible: new Float32Array(batch * T),
    };
  });
  const all = members.map((_, index) => index);
  const shared = combination === "random" && !perSample ? drawCombination(rng, all) : all;
  const cache = new Map<string, Float32Array[]>();
  for (let row = 0; row < batch; row++) {
    const own = all.filter((index) => (members[index]?.has?.[row] ?? 1) > 0);
    if (own.length === 0) continue;
    let chosen = own;
    if (combination === "random") {
      const common = own.filter((index) => shared.includes(index));
      chosen = perSample ? drawCombination(rng, own) : common.length > 0 ? common : own;
    }
    const counts = chosen.map((index) => members[index]?.T ?? 0);
    const key = perSample ? "" : chosen.join();
    const masks = cache.get(key) ?? drawVisible(rng, counts, keep);
    if (!perSample) cache.set(key, masks);
    for (const [place, index] of chosen.entries()) {
      const member = members[index];
      const mask = masks[place];
      if (member === undefined || mask === undefined) continue;
      member.present[row] = 1;
      member.visible.set(mask, row * member.T);
    }
  }
  return Object.fromEntries(
    members.map(({ name, present, visible }) => [name, { present, visible }]),
  );
}

function drawVisible(rng: Rng, counts: readonly number[], keep: number): Float32Array[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const budget = Math.max(1, Math.floor(keep * total));
  if (budget >= total) return counts.map((count) => new Float32Array(count).fill(1));
  return drawTokenBudget(rng, counts, budget);
}
