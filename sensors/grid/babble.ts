import { ConfigError, mixUnder, Rng, sumVoices } from "../../src/sensing.ts";

/** Voices under a sentence. */
const VOICES = 4;

export interface BabbleOptions {
  /** Mean power of the sentence over that of the voices, in dB, both over the whole sentence. */
  readonly snrDb: number;
  /** Draws the voices and where in their sentences they begin. */
  readonly seed: number;
}

/**
 * A sentence with four others under it, each from a random instant on and round.
 *
 * @param sentence Which of them speaks.
 * @param count How many there are.
 * @param soundOf Gives the 16-bit samples of each.
 * @returns As long as the sentence.
 * @throws {ConfigError} If there are fewer than four others.
 */
export function babbleUnder(
  sentence: number,
  count: number,
  soundOf: (sentence: number) => Int16Array,
  { snrDb, seed }: BabbleOptions,
): Int16Array {
  if (count <= VOICES)
    throw new ConfigError("gridCorpus", `babble needs ${VOICES + 1} sentences, got ${count}`);
  const rng = Rng.fromSeed(seed).fork(`babble under ${sentence}`);
  const others = new Set<number>();
  while (others.size < VOICES) {
    const other = rng.int(0, count);
    if (other !== sentence) others.add(other);
  }
  const speech = soundOf(sentence);
  return mixUnder(speech, sumVoices([...others].map(soundOf), speech.length, rng), snrDb);
}
