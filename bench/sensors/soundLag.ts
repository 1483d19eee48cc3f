import type { PlacedSound } from "./mediaReference.ts";

/** Length of a piece that is looked for, in seconds. */
const PIECE = 0.1;
/** How far to either side it is looked for, in seconds. */
const REACH = 0.004;
/** Pieces quieter than this (root mean square of 16-bit samples) say nothing of their place. */
const QUIET = 30;
/** What a container's time may be off by rounding, in seconds: two of Matroska's milliseconds. */
const ROUNDED = 0.002;
/** Correlation from which a piece counts as found. */
const FOUND = 0.9;

/**
 * How far sound lies from where the container says: pieces of it are looked for, sample by sample, in the decoded
 * sound placed at the container's times.
 *
 * @param start Container's time of the first sample, in seconds.
 * @returns `worst`, the farthest a piece lay from its place, in seconds; NaN where none was found.
 */
export function soundLag({
  reference,
  samples,
  start,
}: {
  readonly reference: PlacedSound;
  readonly samples: Int16Array;
  readonly start: number;
}): { readonly worst: number; readonly placed: number } {
  const { rate } = reference;
  const { line, from } = lineOf(reference);
  const length = Math.round(PIECE * rate);
  const reach = Math.round(REACH * rate);
  let worst = Number.NaN;
  let placed = 0;
  for (let at = 0; at + length <= samples.length; at += length) {
    const piece = samples.subarray(at, at + length);
    if (Math.sqrt(product(piece, piece) / length) < QUIET) continue;
    const expected = Math.round((start + at / rate - from) * rate);
    let best = { score: -1, lag: 0 };
    for (let lag = -reach; lag <= reach; lag++) {
      const first = expected + lag;
      if (first < 0 || first + length > line.length) continue;
      const there = line.subarray(first, first + length);
      const score =
        product(piece, there) / Math.sqrt(product(piece, piece) * product(there, there) + 1);
      if (score > best.score) best = { score, lag };
    }
    if (best.score < FOUND) continue;
    placed++;
    // The place is expected between two samples: what rounding took is no error.
    const distance = Math.max(0, Math.abs(best.lag) - 0.5) / rate;
    worst = Number.isNaN(worst) ? distance : Math.max(worst, distance);
  }
  return { worst, placed };
}

/**
 * The decoded sound on one line of samples, its gaps silent. Pieces that follow one another are kept together, at
 * the mean of what their times say: some containers know whole milliseconds only.
 */
function lineOf({ times, sizes, rate, samples }: PlacedSound): {
  readonly line: Int16Array;
  readonly from: number;
} {
  const known = times.map((time) => (Number.isNaN(time) ? 0 : time));
  const runs: { first: number; length: number; deviations: number[] }[] = [];
  let read = 0;
  known.forEach((time, i) => {
    const last = runs.at(-1);
    const length = sizes[i] ?? 0;
    const deviation = time - (last?.length ?? 0) / rate;
    if (last !== undefined && Math.abs(deviation - (last.deviations[0] ?? 0)) < ROUNDED) {
      last.length += length;
      last.deviations.push(deviation);
    } else runs.push({ first: read, length, deviations: [time] });
    read += length;
  });
  const placed = runs.map(({ first, length, deviations }) => {
    const at = deviations.reduce((sum, value) => sum + value, 0) / deviations.length;
    return { at, sound: samples.subarray(first, first + length) };
  });
  const from = Math.min(0, ...placed.map(({ at }) => at));
  const place = (at: number): number => Math.round((at - from) * rate);
  const line = new Int16Array(
    Math.max(0, ...placed.map(({ at, sound }) => place(at) + sound.length)),
  );
  for (const { at, sound } of placed) line.set(sound, place(at));
  return { line, from };
}

function product(a: Int16Array, b: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
