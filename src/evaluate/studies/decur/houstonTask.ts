import { HOUSTON_SIZES, readHouston2013 } from "../../sets/houston2013.ts";
import { type DecurTask, readBoth } from "./DecurTask.ts";
import { pixelModality } from "./pixelModality.ts";
import { COMMON, LAMBDA, PROJECTOR } from "./taskDefaults.ts";

/** Houston 2013: hyperspectral bands and LiDAR features of a pixel. */
export function houstonTask(): DecurTask {
  return {
    modalities: [
      pixelModality("hyperspectral", 1, HOUSTON_SIZES.hyperspectral, {
        gain: 0.2,
        tilt: 0.2,
        offset: 0.4,
        noise: 0.1,
        maskBands: 60,
      }),
      // Heights do not change with the light: views that moved them would teach to ignore height.
      pixelModality("lidar", 1, HOUSTON_SIZES.lidar, { gain: 0.05, noise: 0.03, maskBands: 2 }),
    ],
    projector: PROJECTOR,
    common: COMMON,
    lambda: LAMBDA,
    schedule: { steps: 400, batch: 256, rate: 2e-3 },
    subsets: [["hyperspectral", "lidar"], ["hyperspectral"], ["lidar"]],
    read: readBoth(readHouston2013),
  };
}
