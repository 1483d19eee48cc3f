import { ModelError } from "../../errors.ts";
import { hostTensor } from "../../tensor/HostTensor.ts";
import type { DataSet } from "../DataSet.ts";
import type { Examples } from "../Examples.ts";
import { standardise } from "./standardise.ts";

/** Numbers per pixel of each modality: bands of the spectrum, features of the LiDAR profile. */
export const HOUSTON_SIZES = { hyperspectral: 144, lidar: 21 } as const;

/** Largest value of the 16-bit arrays. */
const FULL_SCALE = 65535;

/**
 * Houston 2013: labelled pixels by their hyperspectral bands and by LiDAR profile features.
 *
 * @returns Inputs `hyperspectral` [N, 144] and `lidar` [N, 21], every column standardised by the
 *   training pixels.
 * @throws {ModelError} If the arrays are not there, or their pixels do not correspond.
 */
export async function readHouston2013(data: DataSet, split: string): Promise<Examples> {
  const labels = Int32Array.from((await data.array(`label_${split}`)).data);
  const [hyperspectral, lidar] = await Promise.all([
    pixels(data, "hsi", split, HOUSTON_SIZES.hyperspectral),
    pixels(data, "lidar", split, HOUSTON_SIZES.lidar),
  ]);
  for (const { shape } of [hyperspectral, lidar])
    if (shape[0] !== labels.length)
      throw new ModelError(
        "readHouston2013",
        `expected ${labels.length} pixels of every modality in ${split}, got ${shape[0]}`,
      );
  return {
    count: labels.length,
    classes: data.labelNames.length,
    labels,
    inputs: { hyperspectral, lidar },
  };
}

async function pixels(data: DataSet, content: string, split: string, columns: number) {
  const read = async (part: string): Promise<Float32Array> =>
    Float32Array.from((await data.array(`${content}_${part}`)).data, (v) => v / FULL_SCALE);
  const values = await read(split);
  standardise(values, split === "train" ? values : await read("train"), columns);
  return hostTensor(values, [values.length / columns, columns]);
}
