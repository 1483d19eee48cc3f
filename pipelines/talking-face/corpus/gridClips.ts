import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { decodeMuLaw, decodeNpy, ModelError, type NpyArray } from "../../../src/sensing.ts";
import { slotOf, VOCABULARY } from "./grammar.ts";
import {
  MOUTH_PIXELS,
  ROW_MS,
  SAMPLE_RATE,
  type SpeechClip,
  type SpokenWord,
} from "./SpeechClip.ts";

export interface GridClipsOptions {
  /** Folder of the set `grid_av`. */
  readonly directory: string;
  /** Its split: `train`, `dev`. */
  readonly split: string;
  /** First sentence, and how many; all when absent. */
  readonly offset?: number;
  readonly limit?: number;
}

/** Every sentence of the set lasts three seconds. */
const DURATION_MS = 3_000;

/**
 * Sentences of the GRID corpus (Cooke et al. 2006), one talker, as clips.
 *
 * @returns In the order of the set.
 * @throws {ModelError} If the folder lacks an array of the split, or one has another shape.
 */
export async function readGridClips(options: GridClipsOptions): Promise<SpeechClip[]> {
  const { directory, split, offset = 0 } = options;
  const read = (name: string): Promise<NpyArray> => readArray(directory, `${name}_${split}`);
  const [sound, mouth, words] = await Promise.all([
    read("pcm_mulaw"),
    read("mouth"),
    read("words"),
  ]);
  const total = sound.shape[0] ?? 0;
  const samples = (DURATION_MS * SAMPLE_RATE) / 1_000;
  const pixels = (DURATION_MS / ROW_MS) * MOUTH_PIXELS;
  expectShape(`pcm_mulaw_${split}`, sound, [total, samples]);
  expectShape(`mouth_${split}`, mouth, [total, DURATION_MS / ROW_MS, 20, 28]);
  expectShape(`words_${split}`, words, [words.shape[0] ?? 0, 4]);
  const spoken = wordsBySentence(words);

  const count = Math.max(Math.min(options.limit ?? total, total - offset), 0);
  return Array.from({ length: count }, (_, at) => {
    const index = offset + at;
    const bytes = Uint8Array.from(sound.data.subarray(index * samples, (index + 1) * samples));
    return {
      name: `grid/${split}/${index}`,
      speaker: "grid-s1",
      pcm: decodeMuLaw(bytes),
      mouth: Uint8Array.from(mouth.data.subarray(index * pixels, (index + 1) * pixels)),
      words: spoken.get(index) ?? [],
      durationMs: DURATION_MS,
    };
  });
}

function wordsBySentence({ data, shape }: NpyArray): Map<number, SpokenWord[]> {
  const spoken = new Map<number, SpokenWord[]>();
  for (let row = 0; row < (shape[0] ?? 0); row++) {
    const [sentence = 0, id = 0, fromMs = 0, toMs = 0] = data.subarray(4 * row, 4 * row + 4);
    const label = VOCABULARY[id] ?? "";
    const slot = slotOf(label);
    if (slot === undefined)
      throw new ModelError("readGridClips", `expected ids of words, got ${id} in row ${row}`);
    const words = spoken.get(sentence) ?? [];
    words.push({ label, slot, fromMs, toMs });
    spoken.set(sentence, words);
  }
  return spoken;
}

async function readArray(directory: string, name: string): Promise<NpyArray> {
  const file = join(directory, `${name}.npy.gz`);
  let packed: Buffer;
  try {
    packed = await readFile(file);
  } catch (cause) {
    throw new ModelError(
      "readGridClips",
      `expected the array ${file}, got none: name the folder of grid_av with --data`,
      { cause },
    );
  }
  return decodeNpy(await promisify(gunzip)(packed));
}

function expectShape(name: string, { shape }: NpyArray, expected: readonly number[]): void {
  if (shape.length !== expected.length || shape.some((size, axis) => size !== expected[axis]))
    throw new ModelError("readGridClips", `expected ${name} as [${expected}], got [${shape}]`);
}
