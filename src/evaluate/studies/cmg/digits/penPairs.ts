import { fitPca } from "../../../baselines/pca.ts";
import type { DataSet } from "../../../DataSet.ts";
import { type MhdDigits, readMhdDigits } from "../../../sets/mhdDigits.ts";
import type { ClipModality } from "../PairedClips.ts";
import type { TransferPart, TransferParts } from "../TransferBench.ts";

/** Modalities of one act of writing. */
export const PEN_MODALITIES = ["pen-image", "trajectory"] as const;

/** Numbers per modality: 60 components of the picture, 40 of the 100 points. */
export const PEN_FEATURES = { "pen-image": 60, trajectory: 40 } as const;

/** Reads both parts: one recording of one frame per act of writing, each once. */
export async function readPenPairs(data: DataSet, split: string): Promise<TransferParts> {
  const [train, test] = [await readMhdDigits(data, "train"), await readMhdDigits(data, split)];
  const learn: Record<string, ClipModality> = {};
  const read: Record<string, ClipModality> = {};
  for (const name of PEN_MODALITIES) {
    const size = train.items[name].data.length / (train.items[name].shape[0] ?? 1);
    const pca = await fitPca(train.items[name].data, size, PEN_FEATURES[name]);
    const [a, b] = [
      await pca.project(train.items[name].data),
      await pca.project(test.items[name].data),
    ];
    const scale = rootMeanSquare(a);
    for (const rows of [a, b])
      for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] ?? 0) / scale;
    learn[name] = { size: pca.components, data: a };
    read[name] = { size: pca.components, data: b };
  }
  return { train: partOf(train, learn), test: partOf(test, read) };
}

function partOf(
  { itemLabels }: MhdDigits,
  modalities: Readonly<Record<string, ClipModality>>,
): TransferPart {
  const labels = itemLabels.trajectory;
  return {
    clips: { count: labels.length, frames: 1, modalities },
    spans: Array.from(labels, (label, clip) => ({ clip, label, from: 0, to: 1 })),
  };
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
