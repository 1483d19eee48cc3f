import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import {
  ConfigError,
  type DeviceChoice,
  encodeWeights,
  type Micros,
  Rng,
  readCheckpoint,
  writeCheckpoint,
} from "../../../src/training.ts";
import { readGridClips } from "../corpus/gridClips.ts";
import type { SpeechClip } from "../corpus/SpeechClip.ts";
import { generateClips } from "../generate/generateClips.ts";
import { recordedTexts, TRAINING_VOICES } from "../generate/recordingPlans.ts";
import { modelConfig, priorOf } from "./modelConfig.ts";
import type { LineScore } from "./scoreLine.ts";
import { type TrainProgress, trainClips } from "./trainClips.ts";

/** What the training command takes. */
export interface TrainOptions {
  /** Folder of grid_av; left out, only generated speech is learnt. */
  readonly data?: string;
  /** Generated sentences beside it, none of them those of the recordings; 0 for none. */
  readonly generated: number;
  readonly seed: number;
  readonly epochs: number;
  /** Which pipeline the weights are for; `talking-face` unless given. */
  readonly pipeline?: string;
  /** How far back its answers lie; 120 ms unless given. */
  readonly lookAhead?: Micros;
  /** File to write the weights to. */
  readonly out: string;
  /** Folder for generated speech and checkpoints. */
  readonly cache: string;
  readonly device?: DeviceChoice;
  readonly threads?: number;
  /** The command line, kept in the file. */
  readonly command?: string;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Generated sentences done. */
  readonly onGenerate?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What the training command reports. */
export interface TrainReport {
  readonly out: string;
  readonly epoch: number;
  readonly validation: LineScore | undefined;
}

/** Share of the GRID sentences that the epoch is chosen by; never learnt. */
const VALIDATION_SHARE = 0.08;

/**
 * Trains the talking-face model and writes its weights.
 *
 * A run that was stopped goes on from its last epoch when it is started again with the same options.
 *
 * @throws {ConfigError} If there is nothing to learn from.
 * @throws {ModelError} If the data set is not where it should be.
 */
export async function train(options: TrainOptions): Promise<TrainReport> {
  const { data, generated, seed, epochs, cache, pipeline = "talking-face", lookAhead } = options;
  const grid = data === undefined ? [] : await readGridClips({ directory: data, split: "train" });
  const spoken: SpeechClip[] =
    generated === 0
      ? []
      : await generateClips({
          sentences: generated,
          seed,
          voices: TRAINING_VOICES,
          exclude: recordedTexts(),
          varied: true,
          cache,
          ...(options.onGenerate === undefined ? {} : { onProgress: options.onGenerate }),
        });
  if (grid.length + spoken.length === 0)
    throw new ConfigError("train", "expected data or generated sentences, got neither");
  // Chosen by GRID where it is there: generated speech is easy.
  const order = Rng.fromSeed(seed)
    .fork("validation")
    .shuffle([...(grid.length > 0 ? grid : spoken)]);
  const held = Math.round(order.length * VALIDATION_SHARE);
  const validation = order.slice(0, held);
  const clips = [...order.slice(held), ...(grid.length > 0 ? spoken : [])];

  const run = JSON.stringify({ sentences: clips.length, generated, seed, epochs });
  const checkpoint = join(cache, `train-${pipeline}-${seed}.safetensors`);
  const config = modelConfig(priorOf(clips), lookAhead);
  const resume = await readCheckpoint(checkpoint, run, config);
  const result = await trainClips({
    clips,
    validation,
    seed,
    epochs,
    ...(lookAhead !== undefined && { lookAhead }),
    onCheckpoint: (reached) => writeCheckpoint(checkpoint, run, reached),
    ...(resume === undefined ? {} : { resume }),
    ...(options.device === undefined ? {} : { device: options.device }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(
    options.out,
    encodeWeights({
      ...result.weights,
      provenance: {
        pipeline,
        data: [
          ...(grid.length > 0 ? ["GRID talker s1, split train (CC BY 4.0)"] : []),
          ...(generated > 0 ? [`${generated} sentences generated with flite`] : []),
        ].join("; "),
        seed: String(seed),
        epochs: String(epochs),
        chosenEpoch: String(result.epoch),
        ...(options.command === undefined ? {} : { command: options.command }),
      },
    }),
  );
  return { out: options.out, epoch: result.epoch, validation: result.validation };
}
