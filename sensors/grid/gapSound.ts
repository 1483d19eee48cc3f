import type { Rng } from "../../src/sensing.ts";

/** Pieces that the noise is made of: 40 ms, each overlapping the next by half. */
const GRAIN = 640;
const HOP = GRAIN / 2;
/** How much of a recording's quietest part is taken as its background: 200 ms. */
const QUIET = 3_200;
/** Steps in which the quietest part is looked for: 10 ms. */
const SEARCH_STEP = 160;

/** Rises and falls so that overlapping grains, which have nothing in common, keep their power. */
const WINDOW = Float32Array.from({ length: GRAIN }, (_, i) =>
  Math.sin((Math.PI * (i + 0.5)) / GRAIN),
);

export interface GapSoundOptions {
  /** [n] PCM: the background at the start of the gap; that of the end where absent. */
  readonly before?: Int16Array;
  /** [n] PCM: the background at its end; that of the start where absent. */
  readonly after?: Int16Array;
  /** Length of the gap in samples. */
  readonly length: number;
  readonly rng: Rng;
}

/**
 * Room noise for a gap between two recordings, fading from the background of one to that of the other.
 *
 * Each background is spun out from a short piece by overlapping 40 ms grains taken from random places of
 * it: the same level and spectrum, no audible loop. The fade keeps the power: cos² + sin² = 1.
 *
 * @returns [length] PCM; silence where no background is given.
 */
export function gapSound({ before, after, length, rng }: GapSoundOptions): Int16Array {
  const start = before ?? after;
  const end = after ?? before;
  const sound = new Int16Array(length);
  if (start === undefined || end === undefined) return sound;
  const first = spun(start, length, rng);
  const second = start === end ? first : spun(end, length, rng);
  for (let i = 0; i < length; i++) {
    const turn = (Math.PI / 2) * ((i + 0.5) / length);
    const value =
      start === end
        ? (first[i] ?? 0)
        : Math.cos(turn) * (first[i] ?? 0) + Math.sin(turn) * (second[i] ?? 0);
    sound[i] = Math.max(-32_768, Math.min(32_767, Math.round(value)));
  }
  return sound;
}

/**
 * The quietest 200 ms of a recording: its background.
 *
 * @param pcm [samples].
 * @returns A view of it; all of it where it is shorter.
 */
export function quietestPart(pcm: Int16Array): Int16Array {
  let best = 0;
  let least = Infinity;
  for (let from = 0; from + QUIET <= pcm.length; from += SEARCH_STEP) {
    let energy = 0;
    for (let i = from; i < from + QUIET; i++) energy += (pcm[i] ?? 0) ** 2;
    if (energy < least) {
      least = energy;
      best = from;
    }
  }
  return pcm.subarray(best, best + QUIET);
}

function spun(source: Int16Array, length: number, rng: Rng): Float32Array {
  const noise = new Float32Array(length);
  const last = source.length - GRAIN;
  for (let at = -HOP; at < length; at += HOP) {
    const from = last > 0 ? rng.int(0, last + 1) : 0;
    for (let i = Math.max(0, -at); i < GRAIN && at + i < length; i++)
      noise[at + i] = (noise[at + i] ?? 0) + (WINDOW[i] ?? 0) * (source[from + i] ?? 0);
  }
  return noise;
}
