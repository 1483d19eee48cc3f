import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { DataSet } from "../DataSet.ts";
import type { Examples } from "../Examples.ts";
import { standardise } from "./standardise.ts";

/** The modalities of an utterance. */
export const MOSI_MODALITIES = ["text", "audio", "video"] as const;

/** Largest standardised audio feature: the authors' summary has outliers of several hundred deviations. */
const AUDIO_LIMIT = 10;

/**
 * CMU-MOSI utterances: vectors of what is said, how it sounds and how it looks, and whether the opinion is
 * positive (1) or negative (0).
 *
 * The text and video features of the training videos were fitted with their labels, so a model learns
 * to trust them more than they deserve on other videos; audio is clean.
 *
 * @returns Inputs `text` [N, 100], `audio` [N, 73] clipped to ±10, `video` [N, 100] as log(1 + v); each
 *   standardised by the training mean and deviation, a unit that never fires is 0. Groups are the videos.
 * @throws {ModelError} If the arrays are not there.
 */
export async function readMosiUtt(data: DataSet, split: string): Promise<Examples> {
  const labels = Int32Array.from((await data.array(`label_${split}`)).data);
  const groups = Int32Array.from((await data.array(`video_id_${split}`)).data);
  const inputs: Record<string, HostTensor<"float32">> = {};
  for (const name of MOSI_MODALITIES) {
    const rows = await read(data, name, split);
    const reference = split === "train" ? rows : await read(data, name, "train");
    const [, width = 1] = rows.shape;
    const out = rows.data.slice();
    standardise(out, reference.data, width);
    inputs[name] = hostTensor(out, rows.shape);
  }
  return { count: labels.length, classes: 2, labels, groups, inputs };
}

async function read(
  data: DataSet,
  name: (typeof MOSI_MODALITIES)[number],
  split: string,
): Promise<HostTensor<"float32">> {
  const { data: values, shape } = await data.array(`${name}_${split}`);
  const tame = (value: number): number => {
    if (name === "audio") return Math.min(Math.max(value, -AUDIO_LIMIT), AUDIO_LIMIT);
    return name === "video" ? Math.log1p(Math.max(value, 0)) : value;
  };
  return hostTensor(Float32Array.from(values, tame), shape);
}
