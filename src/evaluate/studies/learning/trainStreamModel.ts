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
import { CLIP_ROWS, type Clip, type StreamRow, UTD_SIZES } from "./utdClips.ts";

/** Stretches of a batch, and rows of each: two clips' worth, cut anywhere. */
const STRETCHES = 16;
const ROWS = 2 * CLIP_ROWS;
const WARM_UP = 4;
const PEAK = 3e-3;
/** Chance that the joint sees a stream; channels dropped. */
const KEEP = 0.8;
const DROPOUT = 0.2;

/** A small live model for UTD-MHAD as a stream: wrist or thigh sensor and skeleton. */
export function streamModelConfig(classes: readonly string[]): UnifiedConfig {
  return {
    streams: [
      {
        name: "inertial",
        size: UTD_SIZES.inertial,
        front: { kind: "vector" },
        dilations: [1, 2, 4, 8],
      },
      {
        name: "skeleton",
        size: UTD_SIZES.skeleton,
        front: { kind: "vector" },
        dilations: [1, 2, 4, 8],
      },
    ],
    classes: ["nothing", ...classes],
    prior: [1e-3, ...classes.map(() => (1 - 1e-3) / classes.length)],
    width: 64,
    codeDim: 32,
    codes: 128,
    specific: 64,
    embedding: 32,
    jointDilations: [1, 2],
    lookAheadRows: 0,
    rowMicros: 80_000,
    fusion: { sharpness: 8, smoothingRows: 6 },
  };
}

/** Trains it on clips of people, laid end to end in random order and varied a little. */
export async function trainStreamModel(options: {
  readonly config: UnifiedConfig;
  readonly clips: readonly Clip[];
  readonly rng: Rng;
  readonly steps: number;
  readonly threads: number;
  readonly progress: (line: string) => void;
}): Promise<DecodedWeights> {
  const { config, clips, rng, steps, threads, progress } = options;
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
      rows: ROWS,
      threads,
    },
    initTrainerState(config, params),
  );
  const rate = warmupCosine({ peak: PEAK, floor: PEAK / 100, warmupSteps: 50, totalSteps: steps });
  for (let step = 0; step < steps; step++) {
    const metrics = await trainer.step(
      drawBatch(config, clips, rng),
      drawMasks(config, rng),
      rate(step),
    );
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

function drawBatch(config: UnifiedConfig, clips: readonly Clip[], rng: Rng): Batch {
  const stretches = Array.from({ length: STRETCHES }, () => {
    const line = [0, 1, 2].flatMap(
      (): readonly StreamRow[] => clips[rng.int(0, clips.length)]?.rows ?? [],
    );
    const from = rng.int(0, CLIP_ROWS);
    const kept = config.streams.map(() => rng.uniform() < KEEP);
    if (!kept.includes(true)) kept[rng.int(0, kept.length)] = true;
    return { rows: line.slice(from, from + ROWS), kept };
  });
  const labels = Int32Array.from(stretches.flatMap(({ rows }) => rows.map(({ label }) => label)));
  const weights = Float32Array.from({ length: STRETCHES * ROWS }, (_, at) =>
    at % ROWS < WARM_UP ? 0 : 1,
  );
  const streams = Object.fromEntries(
    config.streams.map(({ name, size }, position) => {
      const x = new Float32Array(STRETCHES * ROWS * size);
      for (const [at, { rows }] of stretches.entries()) {
        // One stance and one strength per stretch, and a little noise on every number.
        const scale = 1 + 0.1 * rng.normal();
        for (const [row, { inputs }] of rows.entries())
          for (let i = 0; i < size; i++)
            x[(at * ROWS + row) * size + i] =
              scale * (inputs[name]?.[i] ?? 0) + 0.05 * rng.normal();
      }
      const present = new Float32Array(STRETCHES * ROWS).fill(1);
      const joint = Float32Array.from(present, (_, at) =>
        stretches[Math.floor(at / ROWS)]?.kept[position] ? 1 : 0,
      );
      return [name, { x, present, joint }];
    }),
  );
  const reseed = Int32Array.from({ length: config.codes }, () =>
    rng.int(0, config.streams.length * STRETCHES * ROWS),
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
