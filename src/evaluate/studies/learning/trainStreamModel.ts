import { initTrainerState, UnifiedTrainer } from "../../../learn/UnifiedTrainer.ts";
import type { UnifiedConfig } from "../../../models/unified/config.ts";
import { UNIFIED_LOSS_DEFAULTS } from "../../../models/unified/loss.ts";
import { initParams } from "../../../models/unified/params.ts";
import {
  type DecodedWeights,
  decodeWeights,
  encodeWeights,
} from "../../../models/unified/weights.ts";
import { warmupCosine } from "../../../tensor/optimizers/warmupCosine.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import type { StreamRow } from "./StreamRow.ts";

/** Stretches of a batch. */
const STRETCHES = 16;
const WARM_UP = 4;
const PEAK = 3e-3;
/** Chance that the joint sees a stream; channels dropped. */
const KEEP = 0.8;
const DROPOUT = 0.2;

/** What a small model is trained on. */
export interface StreamTraining {
  readonly config: UnifiedConfig;
  /** Recordings of one length, by rows: laid end to end in random order, cut anywhere, varied a little. */
  readonly clips: readonly (readonly StreamRow[])[];
  /** Rows of a stretch. */
  readonly rows: number;
  readonly rng: Rng;
  readonly steps: number;
  readonly threads: number;
  readonly progress: (line: string) => void;
}

/** Trains a small live model on recordings. */
export async function trainStreamModel(training: StreamTraining): Promise<DecodedWeights> {
  const { config, rows, rng, steps, threads, progress } = training;
  const params = initParams(config, () => rng.uniform());
  await using trainer = await UnifiedTrainer.open(
    {
      config,
      loss: {
        ...UNIFIED_LOSS_DEFAULTS,
        streamWeights: Object.fromEntries(config.streams.map(({ name }) => [name, 1])),
      },
      adam: { weightDecay: 0.02 },
      clipNorm: 1,
      stretches: STRETCHES,
      rows,
      threads,
    },
    initTrainerState(config, params),
  );
  const rate = warmupCosine({ peak: PEAK, floor: PEAK / 100, warmupSteps: 50, totalSteps: steps });
  for (let step = 0; step < steps; step++) {
    const metrics = await trainer.step(drawBatch(training), drawMasks(config, rng), rate(step));
    if (step % 50 === 0) progress(`step ${step} of ${steps}, loss ${metrics["loss"]?.toFixed(2)}`);
  }
  const { params: trained, codebook } = await trainer.readState();
  return decodeWeights(
    encodeWeights({ config, params: trained, codes: codebook.codes, provenance: {} }),
    "study",
  );
}

type Batch = Parameters<UnifiedTrainer["step"]>[0];
type Masks = Parameters<UnifiedTrainer["step"]>[1];

function drawBatch({ config, clips, rows: length, rng }: StreamTraining): Batch {
  const lineRows = 1 + Math.ceil(length / (clips[0]?.length ?? 1));
  const stretches = Array.from({ length: STRETCHES }, () => {
    const line = Array.from(
      { length: lineRows },
      () => clips[rng.int(0, clips.length)] ?? [],
    ).flat();
    const from = rng.int(0, clips[0]?.length ?? 1);
    const kept = config.streams.map(() => rng.uniform() < KEEP);
    if (!kept.includes(true)) kept[rng.int(0, kept.length)] = true;
    return { rows: line.slice(from, from + length), kept };
  });
  const labels = Int32Array.from(stretches.flatMap(({ rows }) => rows.map(({ label }) => label)));
  const weights = Float32Array.from({ length: STRETCHES * length }, (_, at) =>
    at % length < WARM_UP ? 0 : 1,
  );
  const streams = Object.fromEntries(
    config.streams.map(({ name, size }, position) => {
      const x = new Float32Array(STRETCHES * length * size);
      for (const [at, { rows }] of stretches.entries()) {
        // One stance and one strength per stretch, and a little noise on every number.
        const scale = 1 + 0.1 * rng.normal();
        for (const [row, { inputs }] of rows.entries())
          for (let i = 0; i < size; i++)
            x[(at * length + row) * size + i] =
              scale * (inputs[name]?.[i] ?? 0) + 0.05 * rng.normal();
      }
      const present = new Float32Array(STRETCHES * length).fill(1);
      const joint = Float32Array.from(present, (_, at) =>
        stretches[Math.floor(at / length)]?.kept[position] ? 1 : 0,
      );
      return [name, { x, present, joint }];
    }),
  );
  const reseed = Int32Array.from({ length: config.codes }, () =>
    rng.int(0, config.streams.length * STRETCHES * length),
  );
  return { streams, labels, weights, reseed };
}

function drawMasks(config: UnifiedConfig, rng: Rng): Masks {
  const stack = (blocks: number): Record<string, Float32Array> =>
    Object.fromEntries(
      [...Array.from({ length: blocks }, (_, position) => String(position)), "out"].map((name) => [
        name,
        Float32Array.from({ length: STRETCHES * config.width }, () =>
          rng.uniform() < DROPOUT ? 0 : 1 / (1 - DROPOUT),
        ),
      ]),
    );
  return {
    streams: Object.fromEntries(
      config.streams.map(({ name, dilations }) => [name, stack(dilations.length)]),
    ),
    joint: stack(config.jointDilations.length),
  };
}
