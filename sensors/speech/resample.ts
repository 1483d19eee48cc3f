/** Zero crossings of the interpolating kernel on each side. */
const CROSSINGS = 12;

/**
 * Plays a sound faster or slower: pitch and formants go up with the speed, as if from a shorter
 * throat.
 *
 * @param speed Samples of `pcm` per sample of the result, > 0.
 * @returns ⌊length / speed⌋ samples, band-limited so that nothing folds over.
 *
 * Smith 1984, "A flexible sampling-rate conversion method"; Hann-windowed sinc.
 */
export function resample(pcm: Int16Array, speed: number): Float32Array {
  const cutoff = Math.min(1, 1 / speed);
  const reach = CROSSINGS / cutoff;
  return Float32Array.from({ length: Math.floor(pcm.length / speed) }, (_, index) => {
    const centre = index * speed;
    let sum = 0;
    for (let at = Math.ceil(centre - reach); at <= centre + reach; at++) {
      const distance = at - centre;
      const angle = Math.PI * distance * cutoff;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      sum += (pcm[at] ?? 0) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
    }
    return sum * cutoff;
  });
}
