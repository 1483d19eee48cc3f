import { streamPreset } from "../../../../models/cmg/presets.ts";
import type { TransferBench } from "../TransferBench.ts";
import { GRID_FEATURES, GRID_MODALITIES, readGridFrames } from "./gridFrames.ts";

/** The talking face: one code per 40 ms of sound and of lips, heads that name the digit words. */
export const gridBench: TransferBench = {
  config: streamPreset({
    modalities: GRID_MODALITIES.map((name) => ({
      name,
      input: { kind: "vector", size: GRID_FEATURES.stack * GRID_FEATURES[name] },
    })),
  }),
  steps: 800,
  classes: 10,
  bins: 6,
  // An input shows the middle of its frames: half of those before the newest.
  delay: (GRID_FEATURES.stack - 1) / 2,
  ccaComponents: 40,
  features: GRID_FEATURES,
  read: readGridFrames,
};
