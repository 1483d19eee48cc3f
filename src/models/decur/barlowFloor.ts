import { ConfigError } from "../../errors.ts";

/** The least an intra term can be, and the diagonal it has there. */
export interface BarlowFloor {
  /** Of BT_1; 0 where the batch is large enough. */
  readonly loss: number;
  /** Mean diagonal of C at the least loss, in (0, 1]. */
  readonly diagonal: number;
}

/**
 * The floor that the batch puts under BT_1: a correlation of B centred rows has rank B − 1 at most.
 *
 *     r = B − 1,  q = λ (K/r − 1) or 0 if K ≤ r,   loss = K q/(1 + q),  diagonal = 1/(1 + q)
 *
 * A loss that is stuck near it has learnt all that its batch can show.
 *
 * @throws {ConfigError} If K < 1, B < 2 or λ < 0.
 *
 * Minimum of K(1 − s)² + λ s² (K²/r − K) over s: the best matrix of rank r is a scaled projection.
 */
export function barlowFloor(K: number, B: number, lambda = 0.0051): BarlowFloor {
  if (!(K >= 1 && B >= 2 && lambda >= 0))
    throw new ConfigError(
      "barlowFloor",
      `expected K >= 1, B >= 2 and lambda >= 0, got ${K}, ${B} and ${lambda}`,
    );
  const q = Math.max(0, lambda * (K / (B - 1) - 1));
  return { loss: (K * q) / (1 + q), diagonal: 1 / (1 + q) };
}
