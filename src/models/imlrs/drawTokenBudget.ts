import { ConfigError } from "../../errors.ts";
import type { Rng } from "../../tensor/Rng.ts";

/**
 * Which tokens the encoder may see: a budget shared over the modalities by a flat Dirichlet draw.
 *
 *     shares ~ Dirichlet(1, …, 1);  modality m shows round(share_m · budget) random tokens of its T_m
 *
 * Rounding and a modality asked for more than it has are made up by ranking all tokens by
 * (hidden? 1 : 0) + U[0, 1) and keeping the first `budget`: the count is exact, and what one modality
 * cannot show spills to the others.
 *
 * @param counts T_m, tokens of each modality.
 * @param budget Visible tokens over all; an integer in [1, Σ T_m].
 * @returns Per modality [T_m] 1 for visible, 0 for hidden.
 * @throws {ConfigError} If the budget is out of its range.
 *
 * MultiMAE (Bachmann et al. 2022, sec. 3.2, arXiv:2204.01678), α = 1.
 */
export function drawTokenBudget(
  rng: Rng,
  counts: readonly number[],
  budget: number,
): Float32Array[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!Number.isInteger(budget) || budget < 1 || budget > total)
    throw new ConfigError(
      "drawTokenBudget",
      `budget must be an integer in [1, ${total}], got ${budget}`,
    );
  // Exponential numbers over their sum are a draw from the flat Dirichlet distribution.
  const weights = counts.map(() => -Math.log(1 - rng.uniform()));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const ranked = counts.flatMap((count, modality) => {
    const shown = Math.round(((weights[modality] ?? 0) / sum) * budget);
    const order = rng.shuffle(Array.from({ length: count }, (_, token) => token));
    return order.map((token, place) => ({
      modality,
      token,
      rank: (place < shown ? 0 : 1) + rng.uniform(),
    }));
  });
  ranked.sort((a, b) => a.rank - b.rank);
  const masks = counts.map((count) => new Float32Array(count));
  for (const { modality, token } of ranked.slice(0, budget)) {
    const mask = masks[modality];
    if (mask !== undefined) mask[token] = 1;
  }
  return masks;
}
