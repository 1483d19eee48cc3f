import type { DecurConfig } from "../../../models/decur/config.ts";
import type { Trial } from "../../Study.ts";
import { encodeExamples } from "./encodeExamples.ts";
import { pretrain } from "./pretrain.ts";
import { drawSynthetic, SYNTHETIC_MODALITIES, syntheticFactors } from "./syntheticFactors.ts";
import { changed, VARIANTS } from "./variants.ts";

/** Variants that say something about what the dimensions carry. */
const ASKED = ["", "barlow-cross", "no-decoupling", "no-intra", "no-cross", "no-unique", "online"];

const CONFIG: DecurConfig = {
  modalities: SYNTHETIC_MODALITIES.map(({ name, encoder }) => ({ name, encoder })),
  projector: { hidden: 128, depth: 1, dimensions: 32, isShared: false },
  loss: { common: 16, lambda: 0.05 },
};
const SCHEDULE = { steps: 400, batch: 256, rate: 2e-3 };

/** Pretraining on drawn factors, and probes for them. */
export function syntheticTrials(): readonly Trial[] {
  return VARIANTS.filter(({ variant }) => ASKED.includes(variant)).map((variant) => {
    const config = changed(variant, CONFIG);
    return {
      variant: variant.variant,
      summary: variant.summary,
      config: { config, schedule: SCHEDULE },
      run: async ({ seed, threads, progress }) => {
        const { train, test } = drawSynthetic(seed);
        const model = await pretrain({
          config,
          modalities: SYNTHETIC_MODALITIES,
          schedule: SCHEDULE,
          train,
          seed,
          threads,
          progress,
        });
        return syntheticFactors(
          train,
          test,
          await encodeExamples(model, train, threads),
          await encodeExamples(model, test, threads),
          CONFIG.loss.common,
        );
      },
    };
  });
}
