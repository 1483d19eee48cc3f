import { ConfigError, type Micros, micros, millis, Rng, seconds } from "../../src/sensing.ts";

/** Sentences and gaps begin on the video's own grid, so that pictures stay evenly spaced. */
const STEP = millis(40);
/** Longest gap before a sentence. */
const LONGEST_GAP = seconds(1.5);
/** Room noise after the last sentence, so that its last word can be decided. */
const TAIL = seconds(1);

/** A stretch of the corpus's line, in µs from its start. */
export interface Segment {
  readonly from: Micros;
  readonly to: Micros;
  /** The sentence said in it; absent in a gap. */
  readonly sentence?: number;
  /** Counts the segments from 0. */
  readonly index: number;
}

export interface TimelineOptions {
  /** How many sentences, from the first of the split on. */
  readonly sentences: number;
  /** How long each lasts; a multiple of 40 ms. */
  readonly sentenceLength: Micros;
  /** Draws the gaps. */
  readonly seed: number;
}

/**
 * Where the sentences lie on one continuous line: a gap of 0 to 1.5 s before each, 1 s after the last.
 *
 * A pure function of its options: every sensor's process derives the same line for itself.
 *
 * @returns Gaps and sentences in order, each beginning where the one before ends; empty gaps left out.
 * @throws {ConfigError} If there is no sentence or a length is off the grid of 40 ms.
 */
export function timeline({ sentences, sentenceLength, seed }: TimelineOptions): readonly Segment[] {
  if (!(Number.isSafeInteger(sentences) && sentences >= 1))
    throw new ConfigError("timeline", `sentences must be a whole number >= 1, got ${sentences}`);
  if (!(sentenceLength > 0) || sentenceLength % STEP !== 0)
    throw new ConfigError(
      "timeline",
      `sentenceLength must be a multiple of ${STEP} us, got ${sentenceLength}`,
    );
  const rng = Rng.fromSeed(seed);
  const segments: Segment[] = [];
  let at = 0;
  const add = (length: number, sentence?: number): void => {
    if (length === 0) return;
    const span = { from: micros(at), to: micros(at + length), index: segments.length };
    segments.push(sentence === undefined ? span : { ...span, sentence });
    at += length;
  };
  for (let sentence = 0; sentence < sentences; sentence++) {
    add(STEP * rng.int(0, Math.floor(LONGEST_GAP / STEP) + 1));
    add(sentenceLength, sentence);
  }
  add(TAIL);
  return segments;
}

/** Length of a whole line. */
export function lineLength(segments: readonly Segment[]): Micros {
  return segments.at(-1)?.to ?? micros(0);
}
