/**
 * How close an answer comes to the truth: 1 − ½ Σ_c (p_c − [c = label])², in [0, 1].
 *
 * Brier's score, the other way round. It is proper, and tells of two answers that are both right, or both wrong,
 * which was the better one: it takes a fraction of the labels that counting right answers takes.
 *
 * Brier 1950, "Verification of forecasts expressed in terms of probability".
 *
 * @param logProbabilities [classes] natural log.
 */
export function closeness(logProbabilities: Float32Array | Float64Array, label: number): number {
  let square = 0;
  for (const [c, value] of logProbabilities.entries())
    square += (Math.exp(value) - Number(c === label)) ** 2;
  return 1 - square / 2;
}
