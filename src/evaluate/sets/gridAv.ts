import { ModelError } from "../../errors.ts";
import { decodeMuLaw } from "../../features/muLaw.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { DataSet } from "../DataSet.ts";

/** Rows a second of the pictures and of the sound's log-mel columns. */
export const GRID_RATES = { mouth: 25, logMel: 100, pcm: 16_000 } as const;

/** Samples of sound in one sentence of 3 s. */
export const GRID_SAMPLES = 48_000;

/** One word of one sentence. */
export interface GridWord {
  readonly sentence: number;
  /** Index into the vocabulary; 0 is silence and does not occur here. */
  readonly word: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Sentences of one talker: mouth, sound and words, all from the same instant on, 3 s each. */
export interface GridAv {
  readonly sentences: number;
  readonly vocabulary: readonly string[];
  /** [N, 75, 20, 28] grey in 0..1. */
  readonly mouth: HostTensor<"float32">;
  /** [N, 300, 40] dB below the sentence's peak, −90..−10. */
  readonly logMel: HostTensor<"float32">;
  /** [N · 48000] 16-bit samples at 16 kHz. */
  readonly pcm: Int16Array;
  /** Six a sentence, in order. */
  readonly words: readonly GridWord[];
  /** The digit words, one a sentence, `label` 0..9. */
  readonly digits: readonly (GridWord & { readonly label: number })[];
}

/** Digits in the order of their labels. */
const DIGITS = "zero one two three four five six seven eight nine".split(" ");

/**
 * GRID sentences, heard and seen.
 *
 * @throws {ModelError} If the arrays are not there or there is no digit in a sentence.
 */
export async function readGridAv(data: DataSet, split: string): Promise<GridAv> {
  const mouth = await data.array(`mouth_${split}`);
  const logMel = await data.array(`logmel_${split}`);
  const pcm = await data.array(`pcm_mulaw_${split}`);
  const rows = (await data.array(`words_${split}`)).data;
  const vocabulary = (data.meta["vocabulary"] ?? []) as readonly string[];
  const sentences = mouth.shape[0] ?? 0;
  const words = Array.from({ length: rows.length / 4 }, (_, i): GridWord => {
    const [sentence = 0, word = 0, fromMs = 0, toMs = 0] = rows.subarray(4 * i, 4 * i + 4);
    return { sentence, word, fromMs, toMs };
  });
  const digits = words.flatMap((word) => {
    const label = DIGITS.indexOf(vocabulary[word.word] ?? "");
    return label < 0 ? [] : [{ ...word, label }];
  });
  if (digits.length !== sentences)
    throw new ModelError(
      "readGridAv",
      `expected one digit in each of ${sentences} sentences, got ${digits.length}`,
    );
  return {
    sentences,
    vocabulary,
    mouth: hostTensor(
      Float32Array.from(mouth.data, (value) => value / 255),
      mouth.shape,
    ),
    logMel: hostTensor(
      Float32Array.from(logMel.data, (value) => -90 + (80 * value) / 255),
      logMel.shape,
    ),
    pcm: decodeMuLaw(pcm.data as Uint8Array),
    words,
    digits,
  };
}
