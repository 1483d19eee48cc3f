import { Rng } from "../../../src/sensing.ts";
import { drawSentences } from "./drawSentences.ts";

/** Some sentences in a row by one speaker. */
export interface Turn {
  /** Flite's voice, and whose face. */
  readonly voice: string;
  readonly sentences: number;
}

/** What a recording holds; everything else follows from the seed. */
export interface RecordingPlan {
  /** Name of the file, without extension. */
  readonly name: string;
  readonly seed: number;
  readonly turns: readonly Turn[];
}

/** The recording that comes with the project: three people take turns at one desk. */
export const DEMO: RecordingPlan = {
  name: "recording",
  seed: 20_261,
  turns: [
    { voice: "rms", sentences: 5 },
    { voice: "awb", sentences: 5 },
    { voice: "kal16", sentences: 4 },
  ],
};

/** A voice and a face that no training set has. */
export const UNSEEN_VOICE: RecordingPlan = {
  name: "recording-unseen-voice",
  seed: 20_262,
  turns: [{ voice: "slt", sentences: 10 }],
};

/** The voices that may be trained on. */
export const TRAINING_VOICES: readonly string[] = ["kal16", "awb", "rms"];

/** The sentences of a recording, in order. */
export function sentencesOf({ seed, turns }: RecordingPlan): string[][] {
  const count = turns.reduce((sum, { sentences }) => sum + sentences, 0);
  return drawSentences(count, Rng.fromSeed(seed).fork("sentences"));
}

/** Every sentence of the recordings, words joined by spaces: what no training set may hold. */
export function recordedTexts(): string[] {
  return [DEMO, UNSEEN_VOICE].flatMap(sentencesOf).map((words) => words.join(" "));
}
