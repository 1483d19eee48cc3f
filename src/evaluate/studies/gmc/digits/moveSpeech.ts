import type { Rng } from "../../../../tensor/Rng.ts";

/**
 * How far voices differ: shift in time in frames; shift along the bands, which is what a longer or shorter vocal
 * tract does; share of the speed; deviation of the level, as a share of the 80 dB of range.
 */
export const VOICES = { shift: 4, bands: 3, speed: 0.15, level: 0.06 } as const;

/**
 * A spoken digit as another voice might have said it: shifted and stretched in time, shifted along the bands,
 * louder or softer. Silence stays silence.
 *
 * @param sound [bands, time] in 0..1; not changed.
 * @param target [bands, time] takes the result.
 */
export function moveSpeech(
  sound: Float32Array,
  target: Float32Array,
  [bands, time]: readonly [bands: number, time: number],
  rng: Rng,
): void {
  const shift = rng.int(-VOICES.shift, VOICES.shift + 1);
  const speed = rng.uniform(1 - VOICES.speed, 1 + VOICES.speed);
  const up = rng.uniform(-VOICES.bands, VOICES.bands);
  const level = rng.normal(0, VOICES.level);
  // Where each frame comes from is the same for all bands.
  const before = new Int32Array(time);
  const later = new Float64Array(time);
  for (let frame = 0; frame < time; frame++) {
    const moment = (frame - shift) * speed;
    before[frame] = Math.floor(moment);
    later[frame] = moment - Math.floor(moment);
  }
  const mixed = new Float64Array(time);
  for (let band = 0; band < bands; band++) {
    const from = Math.min(Math.max(band + up, 0), bands - 1);
    const low = Math.floor(from);
    const higher = from - low;
    const [lower, upper] = [low * time, Math.min(low + 1, bands - 1) * time];
    for (let frame = 0; frame < time; frame++)
      mixed[frame] =
        (sound[lower + frame] ?? 0) * (1 - higher) + (sound[upper + frame] ?? 0) * higher;
    for (let frame = 0; frame < time; frame++) {
      const first = before[frame] ?? 0;
      const share = later[frame] ?? 0;
      // Before the first frame and behind the last there is silence.
      const value = (mixed[first] ?? 0) * (1 - share) + (mixed[first + 1] ?? 0) * share;
      target[band * time + frame] = value > 0 ? Math.max(0, value + level) : 0;
    }
  }
}
