import type { TrialContext } from "../../../Study.ts";
import { readMhdDigits } from "../../../sets/mhdDigits.ts";
import { type DigitTuples, digitTuples } from "./digitTuples.ts";

/** Training and test tuples of a trial. */
export interface DigitSplits {
  readonly train: DigitTuples;
  readonly test: DigitTuples;
  /** Speakers of the training tuples. */
  readonly knownSpeakers: ReadonlySet<number>;
}

/** Reads what a trial on the digits needs. */
export async function loadDigits({ data, split }: TrialContext): Promise<DigitSplits> {
  const train = digitTuples(await readMhdDigits(data, "train"));
  const test = digitTuples(await readMhdDigits(data, split));
  return { train, test, knownSpeakers: new Set(train.speakers) };
}

/** All rows of 0..count−1. */
export function allRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
