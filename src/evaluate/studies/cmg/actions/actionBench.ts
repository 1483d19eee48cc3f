import { streamPreset } from "../../../../models/cmg/presets.ts";
import type { TransferBench } from "../TransferBench.ts";
import { ACTION_FEATURES, ACTION_MODALITIES, readActionFrames } from "./actionFrames.ts";

/** Actions by three sensors: one code per eighth of a clip, heads that name the action. */
export const actionBench: TransferBench = {
  config: streamPreset({
    modalities: ACTION_MODALITIES.map((name) => ({
      name,
      input: { kind: "vector", size: ACTION_FEATURES.stack * ACTION_FEATURES[name] },
    })),
    frames: ACTION_FEATURES.frames,
  }),
  steps: 800,
  classes: 27,
  bins: ACTION_FEATURES.frames,
  delay: 0,
  ccaComponents: 30,
  variants: ["paper-set", "plain-vq", "no-mm-ema", "shuffled", "no-pretraining", "cca", "clip"],
  features: ACTION_FEATURES,
  read: readActionFrames,
};
