import {
  type BatchOptions,
  createInference,
  type DeviceChoice,
  type Micros,
  Rng,
  type TrainingCheckpoint,
  type TrainingProgress,
  type TrainLinesResult,
  trainLines,
  UNIFIED_LOSS_DEFAULTS,
  type UnifiedConfig,
  type UnifiedWeights,
} from "../../../src/training.ts";
import type { SpeechClip } from "../corpus/SpeechClip.ts";
import { EpochSource } from "./EpochSource.ts";
import { layLine, placeClips } from "./Line.ts";
import { modelConfig, priorOf } from "./modelConfig.ts";
import { NoiseTable } from "./NoiseTable.ts";
import { prepareLine } from "./prepareLine.ts";
import { type LineScore, scoreLine } from "./scoreLine.ts";

/** One report of a run under way. */
export type TrainProgress = TrainingProgress<LineScore>;

/** What a run needs. */
export interface TrainClipsOptions {
  /** Sentences to learn from. */
  readonly clips: readonly SpeechClip[];
  /** Sentences held out, to choose the epoch by. */
  readonly validation: readonly SpeechClip[];
  readonly seed: number;
  readonly epochs: number;
  /** How far back the answers lie; 120 ms unless given. */
  readonly lookAhead?: Micros;
  /** Highest learning rate of the cycle. */
  readonly peakRate?: number;
  /** Score every so many epochs, and the last ones. */
  readonly scoreEvery?: number;
  readonly device?: DeviceChoice;
  readonly threads?: number;
  /** Where an earlier run stopped. */
  readonly resume?: TrainingCheckpoint;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Called after every epoch with all that `resume` needs. */
  readonly onCheckpoint?: (checkpoint: TrainingCheckpoint) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** What a run gives. */
export type TrainResult = TrainLinesResult<LineScore>;

/** Sizes and chances that held up; see ../weights/README.md. */
export const BATCH: BatchOptions = {
  rows: 100,
  stretches: 32,
  warmUp: 12,
  keep: { audio: 0.8, video: 0.8, text: 0.35 },
  dropout: 0.1,
};

const CLIPS_PER_LINE = 30;

/**
 * Trains the live model on sentences, anew varied in every epoch and laid on lines with silences.
 *
 * @returns The weights of the epoch with the best score on the held-out sentences.
 */
export async function trainClips(options: TrainClipsOptions): Promise<TrainResult> {
  const { clips, validation, seed, lookAhead, peakRate = 4e-3, scoreEvery = 10, ...rest } = options;
  const config: UnifiedConfig = modelConfig(priorOf(clips), lookAhead);
  await using source = new EpochSource(
    { clips, target: config, clipsPerLine: CLIPS_PER_LINE },
    seed,
  );
  return await trainLines({
    ...rest,
    config,
    loss: UNIFIED_LOSS_DEFAULTS,
    batch: BATCH,
    lines: (epoch) => source.lines(epoch),
    seed,
    peakRate,
    scoreEvery,
    validate: (weights) => validate(weights, validation, seed),
    merit,
    curve: curveOf,
  });
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
function merit(score: LineScore): number {
  return [score.all, score.audio, score.video].reduce(
    (sum, { eventF1, slots }) =>
      sum + eventF1 + (slots["digit"]?.accuracy ?? 0) + 0.5 * (slots["letter"]?.accuracy ?? 0),
    0,
  );
}

function curveOf(score: LineScore): Record<string, number> {
  return Object.fromEntries(
    Object.entries(score).map(([streams, { eventF1 }]) => [`eventF1/${streams}`, eventF1]),
  );
}
