import { ConfigError, ModelError } from "../errors.ts";
import type { UnifiedConfig } from "../models/unified/config.ts";
import type { UnifiedLossOptions } from "../models/unified/loss.ts";
import { initParams, type UnifiedParams } from "../models/unified/params.ts";
import type { UnifiedWeights } from "../models/unified/weights.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import { type HostTensor, isHostTensor } from "../tensor/HostTensor.ts";
import { warmupCosine } from "../tensor/optimizers/warmupCosine.ts";
import { Rng } from "../tensor/Rng.ts";
import { flattenTree } from "../tensor/tree.ts";
import type { TrainingCheckpoint, TrainingStory } from "./checkpoints/TrainingCheckpoint.ts";
import type { RowLine } from "./rows/RowLine.ts";
import { type BatchOptions, cutStretches, drawMasks, fillBatch } from "./rows/stretches.ts";
import { initTrainerState, UnifiedTrainer } from "./UnifiedTrainer.ts";

/** Weights before it is written down where they come from. */
export type TrainedWeights = Omit<UnifiedWeights, "provenance">;

/** One report of a run under way. */
export interface TrainingProgress<S> {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Means over the epoch's steps, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Scores on what was held out, where this epoch was scored. */
  readonly validation?: S;
}

/** What a run is made of. S is what an epoch is scored by. */
export interface TrainLinesOptions<S> {
  readonly config: UnifiedConfig;
  readonly loss: UnifiedLossOptions;
  readonly batch: BatchOptions;
  /** The lines of an epoch, the same each time it is asked for. */
  readonly lines: (epoch: number) => Promise<readonly RowLine[]>;
  readonly seed: number;
  readonly epochs: number;
  /** Highest learning rate of the cycle. */
  readonly peakRate: number;
  readonly weightDecay?: number;
  /** Scores weights on what was held out; undefined where nothing was. */
  readonly validate: (weights: TrainedWeights) => Promise<S | undefined>;
  /** What the epoch is chosen by: more is better. */
  readonly merit: (score: S) => number;
  /** Figures of a score that go into the curves. */
  readonly curve?: (score: S) => Readonly<Record<string, number>>;
  /** Score every so many epochs, and the last ones. */
  readonly scoreEvery: number;
  /** Brings weights into the form in which they are used; see `foldStandards`. */
  readonly finish?: (params: UnifiedParams<HostTensor<"float32">>) => typeof params;
  readonly device?: DeviceChoice;
  readonly threads?: number;
  /** Where an earlier run stopped. */
  readonly resume?: TrainingCheckpoint;
  readonly onProgress?: (progress: TrainingProgress<S>) => void;
  /** Called after every epoch with all that `resume` needs. */
  readonly onCheckpoint?: (checkpoint: TrainingCheckpoint) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** What a run gives. */
export interface TrainLinesResult<S> {
  readonly weights: TrainedWeights;
  /** Of the epoch that was chosen. */
  readonly validation: S | undefined;
  readonly epoch: number;
  /** Per epoch, what was measured in it. */
  readonly curves: TrainingStory["curves"];
}

/** β₂ below the usual 0.999: a run is a thousand steps or two. */
const ADAM = { beta2: 0.98, weightDecay: 0.02 };
const CLIP_NORM = 5;
const WARM_UP_SHARE = 0.2;
/** The schedule counts hundredths of an epoch: the number of steps differs from epoch to epoch. */
const TICKS = 100;

/**
 * Trains the live model on lines of rows, cut anew into stretches in every epoch.
 *
 * A pure function of its options: a run that goes on from a checkpoint comes to what the whole would have.
 *
 * @returns The weights of the epoch with the best score; of the last one where nothing was held out.
 * @throws {ConfigError} If there are no epochs, or too few rows for one batch.
 * @throws {ModelError} If the loss or a weight stops being a number.
 */
export async function trainLines<S>(options: TrainLinesOptions<S>): Promise<TrainLinesResult<S>> {
  const { config, batch, seed, epochs, peakRate, scoreEvery, resume, merit } = options;
  if (!(epochs >= 1)) throw new ConfigError("train", `epochs must be >= 1, got ${epochs}`);
  const rng = Rng.fromSeed(seed);
  const draws = rng.fork("weights");
  const start =
    resume?.state ??
    initTrainerState(
      config,
      initParams(config, () => draws.uniform()),
    );
  await using trainer = await UnifiedTrainer.open(
    {
      config,
      loss: options.loss,
      adam: {
        ...ADAM,
        ...(options.weightDecay !== undefined && { weightDecay: options.weightDecay }),
      },
      clipNorm: CLIP_NORM,
      stretches: batch.stretches,
      rows: batch.rows,
      ...(options.device !== undefined && { device: options.device }),
      ...(options.threads !== undefined && { threads: options.threads }),
    },
    start,
  );
  const schedule = warmupCosine({
    peak: peakRate,
    floor: peakRate * 1e-3,
    warmupSteps: WARM_UP_SHARE * epochs * TICKS,
    totalSteps: epochs * TICKS,
  });
  const curves = [...(resume?.curves ?? [])];
  let best = resume?.best;
  let bestScore: S | undefined;
  for (let epoch = resume?.epoch ?? 0; epoch < epochs; epoch++) {
    const metrics = await runEpoch(trainer, options, epoch, {
      random: rng.fork(`batches ${epoch}`),
      rateAt: (done) => schedule((epoch + done) * TICKS),
    });
    const state = await trainer.readState();
    expectFinite(state.params, epoch + 1);
    const params = options.finish?.(state.params) ?? state.params;
    const { codes } = state.codebook;
    const isScored = (epoch + 1) % scoreEvery === 0 || epoch >= epochs - 2;
    const score = isScored ? await options.validate({ config, params, codes }) : undefined;
    // Without a score the newest is the best there is, until one has a score.
    const value = score === undefined ? -Infinity : merit(score);
    if (best === undefined || value >= best.merit) {
      best = { params, codes, epoch: epoch + 1, merit: value };
      bestScore = score;
    }
    curves.push({ ...metrics, ...(score !== undefined && options.curve?.(score)) });
    await options.onCheckpoint?.({ state, epoch: epoch + 1, curves: [...curves], best });
    options.onProgress?.({
      epoch: epoch + 1,
      epochs,
      step: trainer.steps,
      metrics,
      ...(score !== undefined && { validation: score }),
    });
  }
  // A run that was complete already, with a checkpoint that holds no best: what it came to is all there is.
  best ??= {
    params: options.finish?.(start.params) ?? start.params,
    codes: start.codebook.codes,
    epoch: resume?.epoch ?? 0,
    merit: -Infinity,
  };
  const weights = { config, params: best.params, codes: best.codes };
  bestScore ??= await options.validate(weights);
  return { weights, validation: bestScore, epoch: best.epoch, curves };
}

/** A loss is of the weights before its step: that of the last step of all says nothing of what came of it. */
function expectFinite(params: UnifiedParams<HostTensor<"float32">>, epoch: number): void {
  for (const [name, { data }] of flattenTree({ ...params }, isHostTensor))
    if (!data.every(Number.isFinite))
      throw new ModelError("train", `expected finite weights after epoch ${epoch}, not so ${name}`);
}

/** One pass over an epoch's lines. @returns Means of what its steps measured. */
async function runEpoch<S>(
  trainer: UnifiedTrainer,
  { config, batch, lines, signal }: TrainLinesOptions<S>,
  epoch: number,
  { random, rateAt }: { readonly random: Rng; readonly rateAt: (done: number) => number },
): Promise<Record<string, number>> {
  signal?.throwIfAborted();
  const draw = (): number => random.uniform();
  const stretches = cutStretches(await lines(epoch), draw, batch);
  const steps = Math.floor(stretches.length / batch.stretches);
  if (steps === 0)
    throw new ConfigError(
      "train",
      `expected rows for a batch of ${batch.stretches} stretches or more, got ${stretches.length}`,
    );
  const sums: Record<string, number> = {};
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted();
    const filled = fillBatch(
      stretches.slice(step * batch.stretches, (step + 1) * batch.stretches),
      config,
      draw,
      batch,
    );
    const metrics = await trainer.step(
      filled,
      drawMasks(config, batch, draw),
      rateAt(step / steps),
    );
    for (const [name, value] of Object.entries(metrics))
      sums[name] = (sums[name] ?? 0) + value / steps;
  }
  return sums;
}
