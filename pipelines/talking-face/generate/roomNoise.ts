import type { Rng } from "../../../src/sensing.ts";
import { SAMPLE_RATE } from "../corpus/SpeechClip.ts";

export interface RoomNoiseOptions {
  /** Root mean square in dB below full scale, negative. */
  readonly levelDb: number;
  /** Mains frequency in Hz. */
  readonly mainsHz?: number;
}

/**
 * What a microphone picks up in a quiet room: rumble, the mains, and a little hiss.
 *
 * @returns [length] in units of 16-bit PCM.
 */
export function roomNoise(
  length: number,
  rng: Rng,
  { levelDb, mainsHz = 50 }: RoomNoiseOptions,
): Float32Array {
  const rumblePole = Math.exp((-2 * Math.PI * 90) / SAMPLE_RATE);
  const airPole = Math.exp((-2 * Math.PI * 900) / SAMPLE_RATE);
  const phase = rng.uniform(0, 2 * Math.PI);
  let [rumble, air] = [0, 0];
  const noise = Float32Array.from({ length }, (_, index) => {
    const white = rng.normal();
    rumble = rumblePole * rumble + (1 - rumblePole) * white;
    air = airPole * air + (1 - airPole) * white;
    const angle = (2 * Math.PI * mainsHz * index) / SAMPLE_RATE + phase;
    return (
      9 * rumble + 0.5 * air + 0.035 * white + 0.5 * Math.sin(angle) + 0.2 * Math.sin(3 * angle)
    );
  });
  const rms = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / Math.max(length, 1));
  const gain = rms === 0 ? 0 : (32_768 * 10 ** (levelDb / 20)) / rms;
  return noise.map((value) => value * gain);
}
