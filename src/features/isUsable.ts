/** From here on the square of a 32-bit float is infinite, and networks square what they are given. */
const TOO_LARGE = 2 ** 64;

/**
 * Whether a network can compute with these numbers: all finite and below 2⁶⁴ ≈ 1.8e19.
 *
 * Sensors say "no value" with NaN, with 3.4e38 and the like. A row of a stream with such a number counts as missing,
 * where a model is trained and where it answers.
 */
export function isUsable(numbers: Float32Array): boolean {
  return numbers.every((number) => Math.abs(number) < TOO_LARGE);
}
