import { ShapeError } from "../../../errors.ts";
import type { CmgBatch } from "../../../models/cmg/method.ts";
import type { Rng } from "../../../tensor/Rng.ts";

/** One modality of some recordings. */
export interface ClipModality {
  /** Numbers per frame. */
  readonly size: number;
  /** [count, frames, size] flat. */
  readonly data: Float32Array;
  /** Augmented copies of `data`; a window is drawn from any of them or from `data`. */
  readonly versions?: readonly Float32Array[];
}

/** Synchronised recordings without labels: what CMG learns from. */
export interface PairedClips {
  /** Recordings; all of one length. */
  readonly count: number;
  /** Frames per recording. */
  readonly frames: number;
  readonly modalities: Readonly<Record<string, ClipModality>>;
}

/** How windows are drawn. */
export interface DrawOptions {
  /** B windows of T frames. */
  readonly batch: number;
  readonly frames: number;
  /** `shuffled` draws another recording and place for every modality: the control without pairs. */
  readonly pairs?: "true" | "shuffled";
}

/**
 * Draws windows, each from a recording and a place of its own, the same for all modalities.
 *
 * @throws {ShapeError} If a window is longer than a recording.
 */
export function drawWindows(
  clips: PairedClips,
  { batch, frames, pairs = "true" }: DrawOptions,
  rng: Rng,
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
      Object.entries(clips.modalities).map(([name, { size, data, versions = [] }]) => {
        const x = new Float32Array(batch * frames * size);
        for (const [at, { clip, from }] of (pairs === "true" ? common : draw()).entries()) {
          const version = versions.length === 0 ? 0 : rng.int(0, versions.length + 1);
          const source = version === 0 ? data : (versions[version - 1] ?? data);
          const first = (clip * clips.frames + from) * size;
          x.set(source.subarray(first, first + frames * size), at * frames * size);
        }
        return [name, x];
      }),
    ),
    groups: Int32Array.from(common, ({ clip }) => clip),
  };
}
