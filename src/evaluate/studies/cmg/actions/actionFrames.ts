import { fitPca } from "../../../baselines/pca.ts";
import type { DataSet } from "../../../DataSet.ts";
import type { Examples } from "../../../Examples.ts";
import { readUtdMhad } from "../../../sets/utdMhad.ts";
import type { ClipModality } from "../PairedClips.ts";
import type { TransferPart, TransferParts } from "../TransferBench.ts";

/** Modalities of one action. */
export const ACTION_MODALITIES = ["inertial", "skeleton", "depth"] as const;

/** Frames that a clip is cut into, by fraction of the clip, and frames that an input holds. */
export const ACTION_FEATURES = {
  frames: 8,
  stack: 3,
  /** Components of a single frame. */
  inertial: 40,
  skeleton: 40,
  depth: 40,
} as const;

/** Cells that a depth picture of 30 x 28 is averaged in. */
const CELL = [3, 4] as const;
const PICTURE = [30, 28, 4] as const;

/**
 * Reads both parts: eight frames per clip, as principal components, each with its two neighbours.
 *
 * The sensors have no common clock, so frame t of each is the same fraction of the clip.
 */
export async function readActionFrames(data: DataSet, split: string): Promise<TransferParts> {
  const [train, test] = [await readUtdMhad(data, "train"), await readUtdMhad(data, split)];
  const learn: Record<string, ClipModality> = {};
  const read: Record<string, ClipModality> = {};
  for (const name of ACTION_MODALITIES) {
    const [a, b] = [flat(train, name), flat(test, name)];
    const size = a.length / (train.count * ACTION_FEATURES.frames);
    const pca = await fitPca(a, size, Math.min(ACTION_FEATURES[name], size));
    const power = pca.variances.reduce((sum, variance) => sum + variance, 0) / pca.components;
    const part = async (rows: Float32Array): Promise<ClipModality> => {
      const components = await pca.project(rows);
      for (let i = 0; i < components.length; i++)
        components[i] = (components[i] ?? 0) / Math.sqrt(power);
      return {
        size: ACTION_FEATURES.stack * pca.components,
        data: stacked(components, pca.components),
      };
    };
    learn[name] = await part(a);
    read[name] = await part(b);
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

/** All rows of a modality, depth averaged in cells. */
function flat({ inputs }: Examples, name: (typeof ACTION_MODALITIES)[number]): Float32Array {
  const data = inputs[name]?.data ?? new Float32Array(0);
  if (name !== "depth") return data;
  const [rows, columns, channels] = PICTURE;
  const [high, wide] = CELL;
  const [down, across] = [rows / high, columns / wide];
  const out = new Float32Array(data.length / (high * wide));
  for (let i = 0; i < data.length; i++) {
    const channel = i % channels;
    const column = Math.floor(i / channels) % columns;
    const row = Math.floor(i / (channels * columns)) % rows;
    const picture = Math.floor(i / (channels * columns * rows));
    const cell = Math.floor(row / high) * across + Math.floor(column / wide);
    const to = (picture * down * across + cell) * channels + channel;
    out[to] = (out[to] ?? 0) + (data[i] ?? 0) / (high * wide);
  }
  return out;
}

/** Each frame with its neighbours; at the ends the clip's edge repeats. */
function stacked(rows: Float32Array, size: number): Float32Array {
  const { frames, stack } = ACTION_FEATURES;
  const reach = (stack - 1) / 2;
  const out = new Float32Array(rows.length * stack);
  for (let row = 0; row < rows.length / size; row++)
    for (let part = 0; part < stack; part++) {
      const frame = row % frames;
      const from = row - frame + Math.min(Math.max(frame + part - reach, 0), frames - 1);
      out.set(rows.subarray(from * size, (from + 1) * size), (row * stack + part) * size);
    }
  return out;
}
