import { ModelError } from "../../errors.ts";
import type { NpyArray } from "../../learn/npy.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { DataSet } from "../DataSet.ts";
import type { Examples } from "../Examples.ts";
import { standardise } from "./standardise.ts";

/** Numbers per date of each modality; terrain has no dates. */
export const FUEL_SIZES = { radar: 2, optical: 12, weather: 2, terrain: 2 } as const;

/** Dates of every pixel, a month apart. */
export const FUEL_DATES = 3;

/** Plots of land over three months, from orbit and from the weather. */
export interface FuelMoisture extends Examples {
  readonly inputs: {
    /** [N, 3, 2] Sentinel-1 VV and VH. */
    readonly radar: HostTensor<"float32">;
    /** [N, 3, 12] Sentinel-2 bands, and the vegetation index (B8 − B4)/(B8 + B4). */
    readonly optical: HostTensor<"float32">;
    /** [N, 3, 2] temperature and precipitation. */
    readonly weather: HostTensor<"float32">;
    /** [N, 2] elevation and slope. */
    readonly terrain: HostTensor<"float32">;
  };
  /** [N] live fuel moisture, percent of dry mass. */
  readonly moisture: Float32Array;
}

/** Reflectance in units of 1/10000. */
const REFLECTANCE = 10_000;
const [RED, NEAR_INFRARED] = [2, 6] as const;
const OPTICAL_BANDS = FUEL_SIZES.optical - 1;
/** Land cover that stands for no answer. */
const MISSING = 9;

/**
 * Live fuel moisture: Sentinel-1, Sentinel-2, weather and terrain of plots, with their land cover.
 *
 * The label is the land cover named most often on the three dates, the first of those named equally
 * often, or −1 where none is named. Every column is standardised by the training plots.
 *
 * @throws {ModelError} If the arrays are not there, or are not of the same plots.
 */
export async function readFuelMoisture(data: DataSet, split: string): Promise<FuelMoisture> {
  const cover = await data.array(`dynamic_world_${split}`);
  const moisture = Float32Array.from((await data.array(`target_${split}`)).data);
  const count = moisture.length;
  const modality = async (
    content: string,
    columns: number,
    shape: readonly number[],
    decode: (array: NpyArray) => Float32Array = ({ data: stored }) => Float32Array.from(stored),
  ): Promise<HostTensor<"float32">> => {
    const values = decode(await data.array(`${content}_${split}`));
    if (values.length !== count * shape.reduce((product, size) => product * size, 1))
      throw new ModelError(
        "readFuelMoisture",
        `expected ${content} of ${count} plots in ${split}, got ${values.length} numbers`,
      );
    const reference = split === "train" ? values : decode(await data.array(`${content}_train`));
    standardise(values, reference, columns);
    return hostTensor(values, [count, ...shape]);
  };
  const { radar, optical, weather, terrain } = FUEL_SIZES;
  const names = data.meta["dynamic_world_classes"];
  return {
    count,
    classes: Array.isArray(names) ? names.length - 1 : MISSING,
    labels: Int32Array.from({ length: count }, (_, i) =>
      commonest(Array.from(cover.data.subarray(i * FUEL_DATES, (i + 1) * FUEL_DATES))),
    ),
    moisture,
    inputs: {
      radar: await modality("s1", radar, [FUEL_DATES, radar]),
      optical: await modality("s2", optical, [FUEL_DATES, optical], withVegetation),
      weather: await modality("era5", weather, [FUEL_DATES, weather]),
      terrain: await modality("srtm", terrain, [terrain]),
    },
  };
}

function withVegetation({ data }: NpyArray): Float32Array {
  const rows = data.length / OPTICAL_BANDS;
  const out = new Float32Array(rows * FUEL_SIZES.optical);
  for (let row = 0; row < rows; row++) {
    for (let band = 0; band < OPTICAL_BANDS; band++)
      out[row * FUEL_SIZES.optical + band] = (data[row * OPTICAL_BANDS + band] ?? 0) / REFLECTANCE;
    const red = out[row * FUEL_SIZES.optical + RED] ?? 0;
    const near = out[row * FUEL_SIZES.optical + NEAR_INFRARED] ?? 0;
    out[row * FUEL_SIZES.optical + OPTICAL_BANDS] = (near - red) / Math.max(near + red, 1e-4);
  }
  return out;
}

function commonest(named: readonly number[]): number {
  const known = named.filter((label) => label !== MISSING);
  const votes = (label: number): number => known.filter((other) => other === label).length;
  return known.reduce((best, label) => (votes(label) > votes(best) ? label : best), known[0] ?? -1);
}
