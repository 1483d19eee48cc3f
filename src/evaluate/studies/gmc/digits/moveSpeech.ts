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
  const at = (band: number, frame: number): number =>
    frame < 0 || frame >= time ? 0 : (sound[band * time + frame] ?? 0);
  for (let band = 0; band < bands; band++) {
    const from = Math.min(Math.max(band + up, 0), bands - 1);
    const low = Math.floor(from);
    const high = Math.min(low + 1, bands - 1);
    for (let frame = 0; frame < time; frame++) {
      const moment = (frame - shift) * speed;
      const before = Math.floor(moment);
      const [later, higher] = [moment - before, from - low];
      const value =
        (at(low, before) * (1 - higher) + at(high, before) * higher) * (1 - later) +
        (at(low, before + 1) * (1 - higher) + at(high, before + 1) * higher) * later;
      target[band * time + frame] = value > 0 ? Math.max(0, value + level) : 0;
    }
  }
}
