import type { Rng } from "../../../../tensor/Rng.ts";

/** Largest shift in time, in frames of 16 ms. */
const SHIFT = 4;
/** Largest shift along the bands: what a longer or shorter vocal tract does. */
const BANDS = 3;
/** Largest change of speed. */
const SPEED = 0.15;
/** Deviation of the level, as a share of the 80 dB of range. */
const LEVEL = 0.06;

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
  const shift = rng.int(-SHIFT, SHIFT + 1);
  const speed = rng.uniform(1 - SPEED, 1 + SPEED);
  const up = rng.uniform(-BANDS, BANDS);
  const level = rng.normal(0, LEVEL);
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
