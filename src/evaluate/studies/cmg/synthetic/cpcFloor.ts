import type { CmgConfig, CmgEncoder } from "../../../../models/cmg/config.ts";
import { CmgTraining } from "../../../../models/cmg/method.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { drawWindows } from "../PairedClips.ts";
import { type StickyProcess, StickyWorld } from "./StickyWorld.ts";
import { SYNTHETIC_CONFIG } from "./syntheticConfig.ts";

/** How predictions of a known process are measured. */
export interface CpcFloorOptions {
  readonly encoder: CmgEncoder;
  readonly process: StickyProcess;
  readonly batch: number;
  readonly steps: number;
  /** Batches of fresh clips that the measurement averages. */
  readonly measured: number;
  readonly seed: number;
  readonly threads: number;
}

/**
 * Cross-prediction loss of a trained model on clips it has not seen.
 *
 * Trained on fresh clips at every step, by prediction alone, so that no nuisance can be learnt by heart.
 *
 * @returns Mean next-frame loss across the sensors, in nats.
 */
export async function crossPrediction(options: CpcFloorOptions): Promise<number> {
  const { encoder, process, batch, steps, measured, seed, threads } = options;
  const { club: _, cmcm: __, cpc, ...rest } = SYNTHETIC_CONFIG;
  const config: CmgConfig = {
    ...rest,
    batch,
    modalities: rest.modalities.map((modality) => ({ ...modality, encoder })),
    ...(cpc !== undefined && { cpc: { ...cpc, starts: "all", direction: "targets" } }),
  };
  const world = new StickyWorld(seed, process);
  const rng = Rng.fromSeed(seed).fork("clips");
  const draw = () => drawWindows(world.draw(batch, rng), { batch, frames: config.frames }, rng);
  await using training = await CmgTraining.open(config, { seed, threads });
  for (let step = 0; step < steps; step++) await training.step(draw());
  let sum = 0;
  for (let step = 0; step < measured; step++)
    sum += ((await training.step(draw(), 0))["cpc"] ?? Number.NaN) / measured;
  return sum;
}

/**
 * What no critic that knows the classes alone can go below: E ln( Σ r / r₊ ) with r the density ratio of
 * the next class, B − 1 uniform negatives.
 *
 *     P(c'|c) = (1 − mismatch) (stay [c' = c] + (1 − stay)/C) + mismatch/C,   r = C P
 */
export function crossPredictionFloor(
  { classes: C, stay, mismatch }: StickyProcess & { readonly classes: number },
  batch: number,
  rng: Rng,
  draws = 20_000,
): number {
  const same = C * ((1 - mismatch) * (stay + (1 - stay) / C) + mismatch / C);
  const other = C * ((1 - mismatch) * ((1 - stay) / C) + mismatch / C);
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) {
    const positive = rng.uniform() < same / C ? same : other;
    let total = positive;
    for (let negative = 1; negative < batch; negative++)
      total += rng.uniform() < 1 / C ? same : other;
    sum += Math.log(total / positive);
  }
  return sum / draws;
}
