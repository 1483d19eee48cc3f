import type { CmgConfig } from "../../../models/cmg/config.ts";
import { type CmgBatch, type CmgModel, CmgTraining } from "../../../models/cmg/method.ts";
import { Rng } from "../../../tensor/Rng.ts";

/** How long CMG is trained, and on what. */
export interface TrainCmgOptions {
  readonly config: CmgConfig;
  readonly steps: number;
  /** Cosine from the configuration's rate to 0, or that rate throughout. */
  readonly schedule: "cosine" | "constant";
  readonly seed: number;
  readonly threads: number;
  /** One batch, drawn with the generator given. */
  readonly draw: (rng: Rng) => CmgBatch;
  readonly progress: (line: string) => void;
}

const REPORT_EVERY = 100;

/** Trains a CMG model. Zero steps give fresh weights with a codebook seeded from one batch. */
export async function trainCmg(options: TrainCmgOptions): Promise<CmgModel> {
  const { config, steps, schedule, seed, threads, draw, progress } = options;
  const rng = Rng.fromSeed(seed).fork("batches");
  await using training = await CmgTraining.open(config, { seed, threads });
  if (steps === 0) await training.step(draw(rng), 0);
  for (let step = 0; step < steps; step++) {
    const share = schedule === "cosine" ? (1 + Math.cos((Math.PI * step) / steps)) / 2 : 1;
    const metrics = await training.step(draw(rng), config.train.rate * share);
    if ((step + 1) % REPORT_EVERY === 0)
      progress(
        `step ${step + 1}/${steps} loss ${metrics["loss"]?.toFixed(3)} agreement ${metrics["agreement"]?.toFixed(3)} perplexity ${metrics["perplexity"]?.toFixed(0)}`,
      );
  }
  return training.readModel();
}
