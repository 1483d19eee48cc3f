import type { Rng } from "../../src/sensing.ts";

/** How far a pixel of a camera at rest strays, in grey levels. */
const STRAY = 1.5;

export interface GapPictureOptions {
  /** [pixels] the last picture before the gap; the one after it where absent. */
  readonly before?: Uint8Array;
  /** [pixels] the first picture after the gap; the one before it where absent. */
  readonly after?: Uint8Array;
  /** How far through the gap, in [0, 1]. */
  readonly progress: number;
  readonly rng: Rng;
}

/**
 * What the camera sees between two sentences: one face at rest turning into the other, never quite still.
 *
 * @returns [pixels] grey; empty where no picture is given.
 */
export function gapPicture({ before, after, progress, rng }: GapPictureOptions): Uint8Array {
  const from = before ?? after ?? new Uint8Array(0);
  const to = after ?? from;
  return Uint8Array.from(from, (grey, pixel) => {
    const blend = grey + progress * ((to[pixel] ?? grey) - grey);
    return Math.max(0, Math.min(255, Math.round(blend + rng.uniform(-STRAY, STRAY))));
  });
}
