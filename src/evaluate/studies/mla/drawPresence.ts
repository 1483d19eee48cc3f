import type { Rng } from "../../../tensor/Rng.ts";

/**
 * Which modalities each example has when a share of all is missing, at least one kept.
 *
 * Every example keeps (1 − rate) · M modalities, rounded up or down at random so that the rate holds on
 * average; never fewer than one, so that a rate above 1 − 1/M is 1 − 1/M in truth, as in the paper's
 * own experiment.
 *
 * @returns [count, modalities] of 0 and 1, flat.
 */
export function drawPresence(
  count: number,
  modalities: number,
  rate: number,
  rng: Rng,
): Uint8Array {
  const present = new Uint8Array(count * modalities);
  const wanted = Math.max(1, (1 - rate) * modalities);
  for (let row = 0; row < count; row++) {
    const kept = Math.floor(wanted) + (rng.uniform() < wanted % 1 ? 1 : 0);
    const order = rng.shuffle(Array.from({ length: modalities }, (_, m) => m));
    for (const m of order.slice(0, kept)) present[row * modalities + m] = 1;
  }
  return present;
}

/** Rows that have a modality. */
export function rowsWith(present: Uint8Array, modalities: number, modality: number): number[] {
  return Array.from({ length: present.length / modalities }, (_, row) => row).filter(
    (row) => present[row * modalities + modality] === 1,
  );
}
