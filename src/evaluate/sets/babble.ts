import { ConfigError } from "../../errors.ts";
import { mixUnder, sumVoices } from "../../features/mixSound.ts";
import type { Rng } from "../../tensor/Rng.ts";
import { GRID_SAMPLES } from "./gridAv.ts";

/** Voices under a sentence. */
const VOICES = 4;

/** What noise is mixed under a sentence. */
export interface NoiseOptions {
  /** `babble`: four other sentences, each from a random instant on and round; `white`: even hiss. */
  readonly kind: "babble" | "white";
  /** Mean power of the sentence over that of the noise, in dB, both over the whole 3 s. */
  readonly snrDb: number;
  /** Draws the sentences or the hiss. */
  readonly rng: Rng;
}

/**
 * One sentence with noise under it (`mixUnder`).
 *
 * @param pcm [N · 48000] all sentences of one split, as `readGridAv` gives them.
 * @param sentence Which of them speaks.
 * @returns [48000] 16-bit samples, a new array.
 * @throws {ConfigError} If there is no such sentence, or for babble fewer than four others.
 */
export function mixNoise(
  pcm: Int16Array,
  sentence: number,
  { kind, snrDb, rng }: NoiseOptions,
): Int16Array {
  const count = pcm.length / GRID_SAMPLES;
  if (!(sentence >= 0 && sentence < count))
    throw new ConfigError("mixNoise", `expected a sentence of 0..${count - 1}, got ${sentence}`);
  const speech = pcm.subarray(sentence * GRID_SAMPLES, (sentence + 1) * GRID_SAMPLES);
  const noise = kind === "babble" ? babble(pcm, sentence, rng) : rng.normalArray(GRID_SAMPLES);
  return mixUnder(speech, noise, snrDb);
}

/** Sum of four sentences that differ from `sentence` and from each other. */
function babble(pcm: Int16Array, sentence: number, rng: Rng): Float32Array {
  const count = pcm.length / GRID_SAMPLES;
  if (count <= VOICES)
    throw new ConfigError("mixNoise", `expected more than ${VOICES} sentences, got ${count}`);
  const chosen = new Set<number>();
  while (chosen.size < VOICES) {
    const other = rng.int(0, count);
    if (other !== sentence) chosen.add(other);
  }
  const voices = [...chosen].map((other) =>
    pcm.subarray(other * GRID_SAMPLES, (other + 1) * GRID_SAMPLES),
  );
  return sumVoices(voices, GRID_SAMPLES, rng);
}
