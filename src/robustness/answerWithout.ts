import type { Reading } from "../frames/Reading.ts";

/**
 * The reading that the model would have given had some streams not been there.
 *
 * Exact, not an approximation: the model answers for every subset of what is present. Used to keep a
 * stream that contains the answer (a transcript) visible and yet out of the scores.
 *
 * @param ignored Streams to leave out.
 * @param prior [classes] natural log; the answer when nothing remains.
 * @returns The same reading when none of `ignored` is present. Otherwise without them; it has no
 *   `joint`, which was computed from all.
 */
export function answerWithout(
  reading: Reading,
  ignored: readonly string[],
  prior: Float32Array,
): Reading {
  if (!ignored.some((stream) => stream in reading.streams)) return reading;
  const kept = Object.keys(reading.streams).filter((stream) => !ignored.includes(stream));
  const answer = reading.subsets.find(
    ({ streams }) =>
      streams.length === kept.length && streams.every((stream) => kept.includes(stream)),
  );
  const total = kept.reduce((sum, stream) => sum + (reading.streams[stream]?.weight ?? 0), 0);
  const { joint: _joint, ...rest } = reading;
  return {
    ...rest,
    presence: Object.fromEntries(
      Object.entries(reading.presence).map(([stream, presence]) => [
        stream,
        ignored.includes(stream) ? "missing" : presence,
      ]),
    ),
    streams: Object.fromEntries(
      kept.flatMap((stream) => {
        const own = reading.streams[stream];
        if (own === undefined) return [];
        return [[stream, { ...own, weight: total > 0 ? own.weight / total : 1 / kept.length }]];
      }),
    ),
    logProbabilities: answer?.logProbabilities ?? prior,
    subsets: reading.subsets.filter(
      ({ streams }) => !streams.some((stream) => ignored.includes(stream)),
    ),
  };
}
