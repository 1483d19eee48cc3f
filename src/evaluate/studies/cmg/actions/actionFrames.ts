import { fitPca } from "../../../baselines/pca.ts";
import type { DataSet } from "../../../DataSet.ts";
import type { Examples } from "../../../Examples.ts";
import { readUtdMhad, UTD_ROWS } from "../../../sets/utdMhad.ts";
import type { ClipModality } from "../PairedClips.ts";
import type { TransferPart, TransferParts } from "../TransferBench.ts";

/** Modalities of one action. */
export const ACTION_MODALITIES = ["inertial", "skeleton", "depth"] as const;

/** Frames that a clip is cut into, by fraction of the clip, and frames that an input spans. */
export const ACTION_FEATURES = {
  frames: 8,
  span: 3,
  /** Components of an input. */
  inertial: 60,
  skeleton: 60,
  depth: 60,
} as const;

/**
 * Reads both parts: eight frames per clip, each of three eighths of it, as principal components.
 *
 * The sensors have no common clock, so frame t of each is the same fraction of the clip.
 */
export async function readActionFrames(data: DataSet, split: string): Promise<TransferParts> {
  const [train, test] = [await readUtdMhad(data, "train"), await readUtdMhad(data, split)];
  const learn: Record<string, ClipModality> = {};
  const read: Record<string, ClipModality> = {};
  for (const name of ACTION_MODALITIES) {
    const [a, b] = [spanned(train, name), spanned(test, name)];
    const size = a.length / (train.count * ACTION_FEATURES.frames);
    const pca = await fitPca(a, size, ACTION_FEATURES[name]);
    const [rows, seen] = [await pca.project(a), await pca.project(b)];
    const power = pca.variances.reduce((sum, variance) => sum + variance, 0) / pca.components;
    for (const each of [rows, seen])
      for (let i = 0; i < each.length; i++) each[i] = (each[i] ?? 0) / Math.sqrt(power);
    learn[name] = { size: pca.components, data: rows };
    read[name] = { size: pca.components, data: seen };
  }
  return { train: partOf(train, learn), test: partOf(test, read) };
}

function partOf(
  { count, labels }: Examples,
  modalities: Readonly<Record<string, ClipModality>>,
): TransferPart {
  const { frames } = ACTION_FEATURES;
  return {
    clips: { count, frames, modalities },
    spans: Array.from(labels, (label, clip) => ({ clip, label, from: 0, to: frames })),
  };
}

/** [clips · frames · inputs] each frame with its neighbours; at the ends the clip's edge repeats. */
function spanned(
  { count, inputs }: Examples,
  name: (typeof ACTION_MODALITIES)[number],
): Float32Array {
  const { frames, span } = ACTION_FEATURES;
  const data = inputs[name]?.data ?? new Float32Array(0);
  const perFrame = UTD_ROWS[name] / frames;
  const width = (data.length / (count * UTD_ROWS[name])) * perFrame;
  const out = new Float32Array(count * frames * span * width);
  const reach = (span - 1) / 2;
  for (let clip = 0; clip < count; clip++)
    for (let frame = 0; frame < frames; frame++)
      for (let part = 0; part < span; part++) {
        const from = Math.min(Math.max(frame + part - reach, 0), frames - 1);
        const source = (clip * frames + from) * width;
        const target = ((clip * frames + frame) * span + part) * width;
        out.set(data.subarray(source, source + width), target);
      }
  return out;
}
