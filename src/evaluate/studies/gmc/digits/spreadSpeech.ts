import { resampleRows } from "../../../sets/resampleRows.ts";

/**
 * A spoken digit stretched over the whole of its time, the silence behind it cut off.
 *
 * The first kernel of the published sound stack spans all frames, so it learns where in time a sound lies; what
 * a slow voice says late and a quick one early then comes out the same. (Of the training speakers the quickest
 * takes 22 frames on average and the slowest 36.)
 *
 * @param sound [time, bands] in 0..1, silence 0; not changed.
 * @returns [time, bands]; silence for silence.
 */
export function spreadSpeech(sound: Float32Array, bands: number): Float32Array {
  const time = sound.length / bands;
  let spoken = time;
  const isSilent = (frame: number): boolean =>
    sound.subarray(frame * bands, (frame + 1) * bands).every((level) => level === 0);
  while (spoken > 0 && isSilent(spoken - 1)) spoken--;
  return spoken === 0
    ? sound.slice()
    : resampleRows(sound.subarray(0, spoken * bands), spoken, bands, time);
}
