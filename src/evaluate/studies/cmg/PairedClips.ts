import { ShapeError } from "../../../errors.ts";
import type { CmgBatch } from "../../../models/cmg/method.ts";
import type { Rng } from "../../../tensor/Rng.ts";

/** Synchronised recordings without labels: what CMG learns from. */
export interface PairedClips {
  /** Recordings; all of one length. */
  readonly count: number;
  /** Frames per recording. */
  readonly frames: number;
  /** Per modality numbers per frame, and [count, frames, size] flat. */
  readonly modalities: Readonly<
    Record<string, { readonly size: number; readonly data: Float32Array }>
  >;
}

/**
 * Draws B windows of T frames, each from a recording and a place of its own, the same for all modalities.
 *
 * @param shuffled Draws another recording and place for every modality: the control without pairs.
 * @throws {ShapeError} If a window is longer than a recording.
 */
export function drawWindows(
  clips: PairedClips,
  batch: number,
  frames: number,
  rng: Rng,
  { shuffled = false }: { readonly shuffled?: boolean } = {},
): CmgBatch {
  if (frames > clips.frames)
    throw new ShapeError("drawWindows", `expected at most ${clips.frames} frames, got ${frames}`);
  const draw = (): { readonly clip: number; readonly from: number }[] =>
    Array.from({ length: batch }, () => ({
      clip: rng.int(0, clips.count),
      from: rng.int(0, clips.frames - frames + 1),
    }));
  const common = draw();
  return {
    x: Object.fromEntries(
      Object.entries(clips.modalities).map(([name, { size, data }]) => {
        const x = new Float32Array(batch * frames * size);
        for (const [at, { clip, from }] of (shuffled ? draw() : common).entries()) {
          const first = (clip * clips.frames + from) * size;
          x.set(data.subarray(first, first + frames * size), at * frames * size);
        }
        return [name, x];
      }),
    ),
    groups: Int32Array.from(common, ({ clip }) => clip),
  };
}
