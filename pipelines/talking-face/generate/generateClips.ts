import { createHash } from "node:crypto";
import { join } from "node:path";

import { ConfigError, Rng } from "../../../src/sensing.ts";
import type { SpeechClip } from "../corpus/SpeechClip.ts";
import { readClips, writeClips } from "./clipStore.ts";
import { drawSentences } from "./drawSentences.ts";
import { drawFace, FACES } from "./Face.ts";
import { fliteVersion } from "./flite.ts";
import { type ClipPlan, renderClip } from "./renderClip.ts";

export interface GenerateOptions {
  /** How many clips, of one sentence each. */
  readonly sentences: number;
  /** Same seed, same clips (with the same flite). */
  readonly seed: number;
  /** Flite's voices, taken in turn. */
  readonly voices: readonly string[];
  /** Sentences that must not be among them, words joined by spaces. */
  readonly exclude?: readonly string[];
  /**
   * Whether speakers are varied far beyond the voices: other throats, paces, pitches and faces.
   * For training; without it every voice is itself.
   */
  readonly varied: boolean;
  /** Folder that keeps finished sets; the next call with the same options reads it from there. */
  readonly cache: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Part of the cache's key: raise it when a change makes other sound, pictures or times. */
const RENDERING = 1;

/** Clips in the making at a time: flite runs beside the drawing. */
const AT_ONCE = 3;

/**
 * Spoken and filmed sentences of the grammar, for training and for tests.
 *
 * @returns In a fixed order, `sentences` of them.
 * @throws {ConfigError} If flite is not installed and the cache has no such set, or an option is out
 *   of range.
 */
export async function generateClips(options: GenerateOptions): Promise<SpeechClip[]> {
  const { sentences, voices, cache, onProgress } = options;
  if (!(Number.isSafeInteger(sentences) && sentences >= 1))
    throw new ConfigError("generateClips", `sentences must be >= 1, got ${sentences}`);
  if (voices.length === 0) throw new ConfigError("generateClips", "expected a voice, got none");

  const file = join(cache, `clips-${keyOf(options)}.bin`);
  const kept = await readClips(file);
  if (kept !== undefined) return kept;
  if ((await fliteVersion()) === undefined)
    throw new ConfigError("flite", "expected the program, got none: apt-get install flite");

  const plans = planClips(options);
  const clips: SpeechClip[] = [];
  let [next, done] = [0, 0];
  const work = async (): Promise<void> => {
    for (let index = next++; index < plans.length; index = next++) {
      const plan = plans[index];
      if (plan === undefined) return;
      clips[index] = await renderClip(plan);
      onProgress?.(++done, plans.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await writeClips(file, clips);
  return clips;
}

/** What will be rendered for these options; drawn clip by clip from generators of their own. */
export function planClips(options: Omit<GenerateOptions, "cache">): ClipPlan[] {
  const root = Rng.fromSeed(options.seed);
  const sentences = drawSentences(
    options.sentences,
    root.fork("sentences"),
    new Set(options.exclude),
  );
  return sentences.map((words, index) => {
    const voice = options.voices[index % options.voices.length] ?? "rms";
    const rng = root.fork(`clip ${index}`);
    const own = FACES[voice];
    const base = {
      name: `flite/${voice}/${index}`,
      speaker: voice,
      sentences: [words],
      gapsMs: [rng.uniform(120, 600), rng.uniform(160, 600)],
      voice,
      seed: rng.int(0, 2 ** 31),
    };
    if (!options.varied || own === undefined)
      return {
        ...base,
        stretch: rng.uniform(0.95, 1.15),
        throat: 1,
        speechDb: -18,
        roomDb: -52,
        face: own ?? drawFace(rng),
        pose: { offset: 0.6 },
      };
    // A third of the speakers have a throat as short as a woman's or a child's.
    const short = rng.uniform() < 0.35;
    const throat = short ? rng.uniform(1.1, 1.25) : rng.uniform(0.92, 1.08);
    return {
      ...base,
      stretch: rng.uniform(0.8, 1.3),
      throat,
      pitchHz: short ? rng.uniform(150, 215) : rng.uniform(80, 150),
      speechDb: rng.uniform(-24, -14),
      roomDb: rng.uniform(-66, -40),
      face: rng.uniform() < 0.4 ? own : drawFace(rng),
      pose: { offset: 1.2, restlessness: rng.uniform(0.3, 1.6) },
    };
  });
}

function keyOf({ sentences, seed, voices, exclude, varied }: GenerateOptions): string {
  const key = JSON.stringify([RENDERING, sentences, seed, voices, exclude ?? [], varied]);
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}
