import type { SpeechClip } from "../corpus/SpeechClip.ts";
import { type GenerateOptions, generateClips, planClips } from "./generateClips.ts";
import { recordedTexts, TRAINING_VOICES, UNSEEN_VOICE } from "./recordingPlans.ts";

const TRAINING_SENTENCES = 600;
const TRAINING_SEED = 1;
const TEST_SEED = 2;

export interface TrainingSetOptions {
  /** Folder that keeps the rendered set; without flite it must be there already. */
  readonly cache: string;
  readonly sentences?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Generated sentences to train on: varied speakers, none of the recordings' sentences, none of the
 * unseen voice.
 *
 * @throws {ConfigError} If flite is not installed and the set is not in the cache.
 */
export function trainingSet({
  sentences = TRAINING_SENTENCES,
  ...rest
}: TrainingSetOptions): Promise<SpeechClip[]> {
  return generateClips({ ...training(sentences), ...rest });
}

/**
 * Generated sentences to test on, each voice as itself: the training voices or, with `unseen`, the
 * voice and face that no training set has. None of the recordings' sentences, and none of the
 * training set's (of up to 600).
 *
 * @throws {ConfigError} If flite is not installed and the set is not in the cache.
 */
export function testSet({
  sentences = 100,
  unseen,
  ...rest
}: TrainingSetOptions & { readonly unseen: boolean }): Promise<SpeechClip[]> {
  const trained = planClips(training(TRAINING_SENTENCES)).flatMap((plan) => plan.sentences);
  return generateClips({
    sentences,
    seed: TEST_SEED,
    voices: unseen ? UNSEEN_VOICE.turns.map(({ voice }) => voice) : TRAINING_VOICES,
    exclude: [...recordedTexts(), ...trained.map((words) => words.join(" "))],
    varied: false,
    ...rest,
  });
}

function training(sentences: number): Omit<GenerateOptions, "cache"> {
  return {
    sentences,
    seed: TRAINING_SEED,
    voices: TRAINING_VOICES,
    exclude: recordedTexts(),
    varied: true,
  };
}
