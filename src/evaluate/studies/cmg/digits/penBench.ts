import type { CmgConfig } from "../../../../models/cmg/config.ts";
import { streamPreset } from "../../../../models/cmg/presets.ts";
import type { TransferBench } from "../TransferBench.ts";
import { PEN_FEATURES, PEN_MODALITIES, readPenPairs } from "./penPairs.ts";

/** One frame per example leaves no future to predict: Cross-CPC is off. */
function withoutTime({ cpc: _, ...config }: CmgConfig): CmgConfig {
  return config;
}

/** Written digits: one code per act of writing, seen as a picture or as the pen's way. */
export const penBench: TransferBench = {
  config: withoutTime(
    streamPreset({
      modalities: PEN_MODALITIES.map((name) => ({
        name,
        input: { kind: "vector", size: PEN_FEATURES[name] },
      })),
      batch: 256,
      frames: 1,
    }),
  ),
  steps: 800,
  classes: 10,
  bins: 1,
  delay: 0,
  ccaComponents: 30,
  variants: [
    "no-contrast",
    "plain-vq",
    "no-mm-ema",
    "no-cmcm",
    "shuffled",
    "no-pretraining",
    "cca",
    "clip",
  ],
  features: PEN_FEATURES,
  read: readPenPairs,
};
