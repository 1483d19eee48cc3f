/** Draws whole numbers, from the first up to and without the second; `Rng` does. */
export interface IntegerDraw {
  int(least: number, below: number): number;
}

/**
 * Sum of some voices, each from a random instant on and round: babble.
 *
 * Unturned, recordings of one grammar begin alike, and every digit would lie under digits.
 *
 * @param voices 16-bit samples, none empty.
 * @param samples Length of the sum.
 * @param rng Draws one instant a voice, in order.
 * @returns [samples], in 16-bit units, not limited to 16 bits.
 */
export function sumVoices(
  voices: readonly Int16Array[],
  samples: number,
  rng: IntegerDraw,
): Float32Array {
  const sum = new Float32Array(samples);
  for (const voice of voices) {
    let at = rng.int(0, voice.length);
    for (let i = 0; i < samples; i++) {
      sum[i] = (sum[i] ?? 0) + (voice[at] ?? 0);
      if (++at === voice.length) at = 0;
    }
  }
  return sum;
}

/**
 * Sound with noise under it.
 *
 * Mean power of the sound over that of the noise, both over their whole length, is `snrDb`. The mix is
 * scaled down where it would leave 16 bits; our front end does not hear gain.
 *
 * @param sound [samples] 16-bit.
 * @param noise [samples] any scale; overwritten.
 * @param snrDb In dB.
 * @returns [samples] 16-bit, a new array.
 */
export function mixUnder(sound: Int16Array, noise: Float32Array, snrDb: number): Int16Array {
  const ratio = meanPower(sound) / Math.max(meanPower(noise), 1e-12) / 10 ** (snrDb / 10);
  const scale = Math.sqrt(ratio);
  let peak = 0;
  for (let i = 0; i < sound.length; i++) {
    const value = (sound[i] ?? 0) + scale * (noise[i] ?? 0);
    noise[i] = value;
    peak = Math.max(peak, Math.abs(value));
  }
  const gain = Math.min(1, 32_767 / Math.max(peak, 1));
  const mixed = new Int16Array(sound.length);
  for (let i = 0; i < sound.length; i++) mixed[i] = Math.round((noise[i] ?? 0) * gain);
  return mixed;
}

function meanPower(sound: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < sound.length; i++) sum += (sound[i] ?? 0) ** 2;
  return sum / sound.length;
}
