import { FUEL_DATES, FUEL_SIZES, readFuelMoisture } from "../../sets/fuelMoisture.ts";
import { type DecurTask, readBoth } from "./DecurTask.ts";
import { pixelModality } from "./pixelModality.ts";
import { COMMON, LAMBDA, PROJECTOR } from "./taskDefaults.ts";

/** Live fuel moisture: radar and optical bands of a plot, the paper's pair of modalities. */
export function fuelTask(): DecurTask {
  return {
    modalities: [
      pixelModality("radar", FUEL_DATES, FUEL_SIZES.radar, {
        offset: 0.4,
        noise: 0.3,
        dropRow: 0.4,
      }),
      pixelModality("optical", FUEL_DATES, FUEL_SIZES.optical, {
        gain: 0.2,
        rowGain: 0.2,
        tilt: 0.2,
        offset: 0.4,
        noise: 0.1,
        maskBands: 4,
        dropRow: 0.4,
      }),
    ],
    projector: PROJECTOR,
    common: COMMON,
    lambda: LAMBDA,
    schedule: { steps: 400, batch: 256, rate: 2e-3 },
    subsets: [["radar", "optical"], ["radar"], ["optical"]],
    read: readBoth(readFuelMoisture),
  };
}
