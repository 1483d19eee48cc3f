import type { Rng } from "../../../tensor/Rng.ts";

/** Deviation of the sum of four numbers of 0 … 255: √(4 · (256² − 1)/12). */
const DEVIATION = 147.8;

/**
 * Noise of mean 0 and the given deviation: four bytes of one draw added up, close to normal out to
 * three deviations and never beyond 3.5.
 *
 * Sensor noise on every value of every view needs no better tails, and a normal draw costs five times
 * as much.
 */
export function roughNormal(rng: Rng, deviation: number): number {
  const bits = rng.nextUint32();
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  return ((sum - 510) / DEVIATION) * deviation;
}
