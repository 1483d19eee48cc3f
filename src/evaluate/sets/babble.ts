import { ConfigError } from "../../errors.ts";
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
 * One sentence with noise under it.
 *
 * The mix is scaled down where it would leave 16 bits; our front end does not hear gain.
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
  const ratio = power(speech) / Math.max(power(noise), 1e-12) / 10 ** (snrDb / 10);
  const scale = Math.sqrt(ratio);
  let peak = 0;
  for (let i = 0; i < GRID_SAMPLES; i++) {
    const value = (speech[i] ?? 0) + scale * (noise[i] ?? 0);
    noise[i] = value;
    peak = Math.max(peak, Math.abs(value));
  }
  const gain = Math.min(1, 32_767 / Math.max(peak, 1));
  const mixed = new Int16Array(GRID_SAMPLES);
  for (let i = 0; i < GRID_SAMPLES; i++) mixed[i] = Math.round((noise[i] ?? 0) * gain);
  return mixed;
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
  const sum = new Float32Array(GRID_SAMPLES);
  for (const other of chosen) {
    // Sentences of one grammar begin alike: unturned, every digit would lie under four digits.
    let at = rng.int(0, GRID_SAMPLES);
    for (let i = 0; i < GRID_SAMPLES; i++) {
      sum[i] = (sum[i] ?? 0) + (pcm[other * GRID_SAMPLES + at] ?? 0);
      if (++at === GRID_SAMPLES) at = 0;
    }
  }
  return sum;
}

function power(sound: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < sound.length; i++) sum += (sound[i] ?? 0) ** 2;
  return sum / sound.length;
}
