import { ConfigError, counted, type Label, type Micros, micros, Rng } from "../../src/sensing.ts";

/** A clip on the line. */
export interface PlacedClip {
  /** Which of the set's clips it is. */
  readonly clip: number;
  /** From the line's start. */
  readonly from: Micros;
  readonly to: Micros;
}

export interface ClipLineOptions {
  /** How long each of the set's clips lasts; whole steps. */
  readonly lengths: readonly Micros[];
  /** How many of them, from the first on. */
  readonly count: number;
  /** Shortest and longest time between two clips. */
  readonly gap: readonly [shortest: Micros, longest: Micros];
  /** Clips begin on multiples of this. */
  readonly step: Micros;
  /** Draws order and gaps. */
  readonly seed: number;
}

/**
 * Lays the first clips of a set on one line, in an order and with gaps drawn from the seed.
 *
 * A pure function of its options: every sensor's process derives the same line for itself.
 *
 * @returns The clips in order, and the line's length: the longest gap follows the last clip.
 * @throws {ConfigError} If there are fewer clips than asked for.
 */
export function clipLine({ lengths, count, gap, step, seed }: ClipLineOptions): {
  readonly clips: readonly PlacedClip[];
  readonly length: Micros;
} {
  if (!(count >= 1 && count <= lengths.length))
    throw new ConfigError(
      "clips",
      `expected 1 to ${counted(lengths.length, "clip")}, got ${count}`,
    );
  const rng = Rng.fromSeed(seed);
  const [shortest, longest] = gap;
  const order = rng.shuffle(Array.from({ length: count }, (_, clip) => clip));
  let at = 0;
  const clips = order.map((clip) => {
    const from = at + step * rng.int(shortest / step, longest / step + 1);
    at = from + (lengths[clip] ?? 0);
    return { clip, from: micros(from), to: micros(at) };
  });
  return { clips, length: micros(at + longest) };
}

/** What is truly so on a line, timed from its start: what each clip shows. */
export function labelsOn(
  clips: readonly PlacedClip[],
  slot: string,
  labelOf: (clip: number) => string,
): readonly Label[] {
  return clips.map(({ clip, from, to }) => ({
    ...{ label: labelOf(clip), slot, by: "truth" },
    ...{ from, to },
  }));
}

/** Where an instant lies: in a clip, or between two. */
export type LinePlace =
  | { readonly clip: number; readonly progress: number }
  | { readonly before?: number; readonly after?: number; readonly progress: number };

/** Walks along a line: instants must ascend. */
export function placesOn(clips: readonly PlacedClip[], length: Micros): (at: number) => LinePlace {
  let next = 0;
  return (at) => {
    while ((clips[next]?.to ?? Infinity) <= at) next++;
    const [before, here] = [clips[next - 1], clips[next]];
    if (here !== undefined && at >= here.from)
      return { clip: here.clip, progress: (at - here.from) / (here.to - here.from) };
    const [from, to] = [before?.to ?? 0, here?.from ?? length];
    return {
      ...(before !== undefined && { before: before.clip }),
      ...(here !== undefined && { after: here.clip }),
      progress: (at - from) / Math.max(to - from, 1),
    };
  };
}
