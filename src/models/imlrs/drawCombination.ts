import { ConfigError } from "../../errors.ts";
import type { Rng } from "../../tensor/Rng.ts";

/**
 * A random modality combination: first its size, then the members.
 *
 *     k ~ U{1 … M},  S ~ U{ subsets of size k }:   P(S) = 1 / ( M · C(M, |S|) ),  P(m ∈ S) = (M + 1) / 2M
 *
 * @param modalities Those to choose from: at inference or in training, those a sample has.
 * @returns At least one, in their order.
 * @throws {ConfigError} If there is nothing to choose from.
 *
 * Chen, Zhao, Bruzzone 2024, doi 10.1109/TGRS.2024.3387837.
 */
export function drawCombination<T>(rng: Rng, modalities: readonly T[]): T[] {
  if (modalities.length === 0)
    throw new ConfigError("drawCombination", "expected at least one modality, got none");
  const size = rng.int(1, modalities.length + 1);
  const order = rng.shuffle(Array.from(modalities, (_, index) => index));
  const chosen = new Set(order.slice(0, size));
  return modalities.filter((_, index) => chosen.has(index));
}
