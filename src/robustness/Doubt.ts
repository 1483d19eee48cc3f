import type { Micros } from "../units.ts";

/**
 * Why a stream that speaks is not believed.
 *
 * - `flat`: every element has one and the same value: a dead or muted line
 * - `frozen`: the same frame again and again, from a stream whose frames always changed
 * - `noise`: its features no longer go from one row to the next as they used to
 * - `contradicts`: it is sure of other things than all the others
 * - `labels`: by the labels that people gave, the answer is better without it
 * - `unusable`: its numbers are not finite, or too large to compute with
 */
export type DoubtReason = "flat" | "frozen" | "noise" | "contradicts" | "labels" | "unusable";

/** A stream that is left out of the answer though it speaks. */
export interface Doubt {
  readonly stream: string;
  readonly reason: DoubtReason;
  /** Row from which on it is left out. */
  readonly since: Micros;
}

/** A doubt in words, for a person: what is wrong with the stream. */
export function doubtText(reason: DoubtReason): string {
  return {
    flat: "a flat line: every value is the same",
    frozen: "frozen: the same frame again and again",
    noise: "noise: nothing in it goes on from one moment to the next",
    contradicts: "it contradicts the others",
    labels: "by the labels of the last minute, the answer is better without it",
    unusable: "its numbers are too large to compute with",
  }[reason];
}
