/** Below this a class is held to be as rare as this: the logarithm of none is no number to go on with. */
const LEAST = 1e-6;

/**
 * The answer when nothing is present.
 *
 * @param prior [classes] how often each holds.
 * @returns [classes] natural log.
 */
export function logPrior(prior: readonly number[]): Float32Array<ArrayBuffer> {
  return Float32Array.from(prior, (share) => Math.log(Math.max(share, LEAST)));
}
