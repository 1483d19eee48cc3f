import { SAMPLE_RATE } from "../corpus/SpeechClip.ts";
import type { PlacedClip, Random } from "./Line.ts";
import type { NoiseTable } from "./NoiseTable.ts";

/** How sound is varied in training. */
export interface SoundAugmentation {
  /** Share of clips with other voices under them. */
  readonly babbleShare: number;
  /** Speech over babble, in dB, uniform between the two. */
  readonly babbleDb: readonly [number, number];
  /** Share of clips with white noise. */
  readonly noiseShare: number;
  /** Speech over noise, in dB. */
  readonly noiseDb: readonly [number, number];
  /** Gain of a whole clip, in dB. */
  readonly gainDb: readonly [number, number];
}

/** What the live figures rest on: without babble in training, sound at 0 dB is lost. */
export const SOUND_AUGMENTATION: SoundAugmentation = {
  babbleShare: 0.5,
  babbleDb: [-6, 20],
  noiseShare: 0.25,
  noiseDb: [5, 35],
  gainDb: [-18, 3],
};

/**
 * Lays other voices, noise and another gain over one clip's sound.
 *
 * @param voices What babble is mixed from: other sentences of the same training set, 1 to 5 at a time.
 * @param table White noise.
 * @returns A new array; the clip's own is not touched.
 */
export function augmentSound(
  pcm: Int16Array,
  voices: readonly PlacedClip["pcm"][],
  random: Random,
  table: NoiseTable,
  options: SoundAugmentation = SOUND_AUGMENTATION,
): Int16Array {
  const between = ([low, high]: readonly [number, number]): number => low + (high - low) * random();
  const sound = Float32Array.from(pcm);
  const speech = power(sound);
  if (random() < options.babbleShare && voices.length > 0) {
    const babble = mixVoices(pcm.length, voices, 1 + Math.floor(random() * 5), random);
    addScaled(sound, babble, speech, between(options.babbleDb));
  }
  if (random() < options.noiseShare) {
    const noise = new Float32Array(pcm.length);
    table.forEach(noise.length, (value, i) => {
      noise[i] = value;
    });
    addScaled(sound, noise, speech, between(options.noiseDb));
  }
  const gain = 10 ** (between(options.gainDb) / 20);
  return Int16Array.from(sound, (value) => Math.max(-32_768, Math.min(32_767, value * gain)));
}

/**
 * Sum of some voices, each from a random place on, round and round.
 *
 * @returns [samples]
 */
export function mixVoices(
  samples: number,
  voices: readonly Int16Array[],
  count: number,
  random: Random,
): Float32Array {
  const mix = new Float32Array(samples);
  for (let voice = 0; voice < count; voice++) {
    const source = voices[Math.floor(random() * voices.length)] ?? new Int16Array(1);
    let at = Math.floor(random() * source.length);
    for (let i = 0; i < samples; i++) {
      mix[i] = (mix[i] ?? 0) + (source[at] ?? 0);
      if (++at === source.length) at = 0;
    }
  }
  return mix;
}

/** Adds `other` so that `speechPower` lies `decibels` above it. */
export function addScaled(
  sound: Float32Array,
  other: Float32Array,
  speechPower: number,
  decibels: number,
): void {
  const scale = Math.sqrt(speechPower / Math.max(power(other), 1e-9) / 10 ** (decibels / 10));
  for (let i = 0; i < sound.length; i++) sound[i] = (sound[i] ?? 0) + scale * (other[i] ?? 0);
}

/** Mean square of the louder parts: 40 ms blocks within 30 dB of the loudest, so that pauses do not count. */
export function power(sound: ArrayLike<number>): number {
  const block = SAMPLE_RATE / 25;
  const blocks: number[] = [];
  for (let start = 0; start + block <= sound.length; start += block) {
    let sum = 0;
    for (let i = start; i < start + block; i++) sum += (sound[i] ?? 0) ** 2;
    blocks.push(sum / block);
  }
  const loudest = Math.max(...blocks, 1e-9);
  const loud = blocks.filter((value) => value > loudest / 1_000);
  return loud.reduce((sum, value) => sum + value, 0) / Math.max(loud.length, 1);
}
