import {
  ConfigError,
  createInference,
  type DeviceChoice,
  initParams,
  initTrainerState,
  Rng,
  type TrainerState,
  UNIFIED_LOSS_DEFAULTS,
  type UnifiedConfig,
  UnifiedTrainer,
  type UnifiedWeights,
  warmupCosine,
} from "../../../src/training.ts";
import type { SpeechClip } from "../corpus/SpeechClip.ts";
import { EpochSource } from "./EpochSource.ts";
import { layLine, placeClips } from "./Line.ts";
import { modelConfig, priorOf } from "./modelConfig.ts";
import { NoiseTable } from "./NoiseTable.ts";
import { prepareLine } from "./prepareLine.ts";
import { type LineScore, scoreLine } from "./scoreLine.ts";
import { type BatchOptions, cutStretches, drawMasks, fillBatch } from "./stretches.ts";

/** One report of a run under way. */
export interface TrainProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Means over the epoch's steps, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Scores on the sentences held out of training, where this epoch was scored. */
  readonly validation?: LineScore;
}

/** What a run needs. */
export interface TrainClipsOptions {
  /** Sentences to learn from. */
  readonly clips: readonly SpeechClip[];
  /** Sentences held out, to choose the epoch by. */
  readonly validation: readonly SpeechClip[];
  readonly seed: number;
  readonly epochs: number;
  /** Highest learning rate of the cycle. */
  readonly peakRate?: number;
  /** Score every so many epochs, and the last ones. */
  readonly scoreEvery?: number;
  readonly device?: DeviceChoice;
  readonly threads?: number;
  /** Where an earlier run stopped: its state and how many epochs it had done. */
  readonly resume?: { readonly state: TrainerState; readonly epoch: number };
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Called after every epoch with all that `resume` needs. */
  readonly onCheckpoint?: (state: TrainerState, epoch: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** What a run gives. */
export interface TrainResult {
  readonly weights: Omit<UnifiedWeights, "provenance">;
  /** Of the epoch that was chosen. */
  readonly validation: LineScore | undefined;
  readonly epoch: number;
}

/** Sizes and chances that held up; see ../weights/README.md. */
export const BATCH: BatchOptions = {
  rows: 100,
  stretches: 32,
  warmUp: 12,
  keep: { audio: 0.8, video: 0.8, text: 0.35 },
  dropout: 0.1,
};

const CLIPS_PER_LINE = 30;
/** β₂ below the usual 0.999: a run is a thousand steps or two. */
const ADAM = { beta2: 0.98, weightDecay: 0.02 };
const CLIP_NORM = 5;
const WARM_UP_SHARE = 0.2;
/** The schedule counts hundredths of an epoch: the number of steps differs from epoch to epoch. */
const TICKS = 100;

/**
 * Trains the live model on sentences, anew varied in every epoch and laid on lines with silences.
 *
 * @returns The weights of the epoch with the best score on the held-out sentences.
 */
export async function trainClips(options: TrainClipsOptions): Promise<TrainResult> {
  const { clips, validation, seed, epochs, peakRate = 4e-3, scoreEvery = 10 } = options;
  if (!(epochs >= 1)) throw new ConfigError("train", `epochs must be >= 1, got ${epochs}`);
  const rng = Rng.fromSeed(seed);
  const config: UnifiedConfig = modelConfig(priorOf(clips));
  const draws = rng.fork("weights");
  const start =
    options.resume?.state ??
    initTrainerState(
      config,
      initParams(config, () => draws.uniform()),
    );
  await using trainer = await UnifiedTrainer.open(
    {
      config,
      loss: UNIFIED_LOSS_DEFAULTS,
      adam: ADAM,
      clipNorm: CLIP_NORM,
      stretches: BATCH.stretches,
      rows: BATCH.rows,
      ...(options.device === undefined ? {} : { device: options.device }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    },
    start,
  );
  await using source = new EpochSource(
    { clips, target: config, clipsPerLine: CLIPS_PER_LINE },
    seed,
  );

  let best: TrainResult | undefined;
  const schedule = warmupCosine({
    peak: peakRate,
    floor: peakRate * 1e-3,
    warmupSteps: WARM_UP_SHARE * epochs * TICKS,
    totalSteps: epochs * TICKS,
  });
  for (let epoch = options.resume?.epoch ?? 0; epoch < epochs; epoch++) {
    options.signal?.throwIfAborted();
    const random = rng.fork(`batches ${epoch}`);
    const draw = (): number => random.uniform();
    const stretches = cutStretches(await source.lines(epoch), draw, BATCH);
    const steps = Math.floor(stretches.length / BATCH.stretches);
    if (steps === 0)
      throw new ConfigError(
        "train",
        `expected sentences for a batch of ${BATCH.stretches} stretches or more, got ${stretches.length}`,
      );
    const sums: Record<string, number> = {};
    for (let step = 0; step < steps; step++) {
      options.signal?.throwIfAborted();
      const batch = fillBatch(
        stretches.slice(step * BATCH.stretches, (step + 1) * BATCH.stretches),
        config,
        draw,
        BATCH,
      );
      const rate = schedule((epoch + step / steps) * TICKS);
      const metrics = await trainer.step(batch, drawMasks(config, BATCH, draw), rate);
      for (const [name, value] of Object.entries(metrics))
        sums[name] = (sums[name] ?? 0) + value / steps;
    }
    const state = await trainer.readState();
    await options.onCheckpoint?.(state, epoch + 1);
    const scored = (epoch + 1) % scoreEvery === 0 || epoch >= epochs - 2;
    const weights = { config, params: state.params, codes: state.codebook.codes };
    const score = scored ? await validate(weights, validation, seed) : undefined;
    if (score !== undefined || best === undefined || validation.length === 0) {
      const better = best?.validation === undefined || merit(score) >= merit(best.validation);
      if (better) best = { weights, validation: score, epoch: epoch + 1 };
    }
    options.onProgress?.({
      epoch: epoch + 1,
      epochs,
      step: trainer.steps,
      metrics: sums,
      ...(score === undefined ? {} : { validation: score }),
    });
  }
  if (best !== undefined) return best;
  // An earlier run had done all of it: what it came to is scored again.
  const weights = { config, params: start.params, codes: start.codebook.codes };
  const score = await validate(weights, validation, seed);
  return { weights, validation: score, epoch: options.resume?.epoch ?? 0 };
}

/** Scores weights on sentences laid on one line with seeded silences. */
export async function validate(
  weights: Omit<UnifiedWeights, "provenance">,
  clips: readonly SpeechClip[],
  seed: number,
): Promise<LineScore | undefined> {
  if (clips.length === 0) return undefined;
  const rng = Rng.fromSeed(seed).fork("validation");
  const line = layLine(
    placeClips(clips, () => rng.uniform()),
    rng,
    new NoiseTable(() => rng.uniform()),
  );
  await using inference = await createInference(weights);
  return await scoreLine(inference, prepareLine(line, weights.config), line.words);
}

/** What the epoch is chosen by: the localised words, and the digits and letters behind them. */
function merit(score: LineScore | undefined): number {
  if (score === undefined) return -1;
  return [score.all, score.audio, score.video].reduce(
    (sum, { eventF1, slots }) =>
      sum + eventF1 + (slots["digit"]?.accuracy ?? 0) + 0.5 * (slots["letter"]?.accuracy ?? 0),
    0,
  );
}
