import { Rng } from "../../../tensor/Rng.ts";
import { drawPresence } from "./drawPresence.ts";
import type { SubsetTask } from "./SubsetTask.ts";

/** Shares of modalities missing in training and test, in percent. */
export const MISSING_RATES = [20, 40, 60, 80] as const;

/**
 * Rates that a seed is trained at. The table needs four trainings of every method, more than all the
 * rest together: it is made once.
 */
export function ratesOf(seed: number): readonly number[] {
  return seed === 1 ? MISSING_RATES : [];
}

/** What is missing at a rate, in percent: the same for all methods and seeds. */
export function missingAt(
  { encoders, source, test }: SubsetTask,
  rate: number,
): { readonly train: Uint8Array; readonly test: Uint8Array } {
  const M = Object.keys(encoders).length;
  const rng = Rng.fromSeed(rate);
  return {
    train: drawPresence(source.count, M, rate / 100, rng.fork("train")),
    test: drawPresence(test.labels.length, M, rate / 100, rng.fork("test")),
  };
}
