import { GridSplit, SENTENCE } from "../../../sensors/grid/GridSplit.ts";
import { lineWords, pictureFrames, soundFrames } from "../../../sensors/grid/lineFrames.ts";
import { lineLength, timeline } from "../../../sensors/grid/timeline.ts";
import { ModelError, micros } from "../../../src/training.ts";
import { MOUTH_PIXELS, ROW_MS, ROW_SAMPLES } from "../corpus/SpeechClip.ts";
import { addScaled, mixVoices, power } from "./augmentSound.ts";
import type { Line, Random } from "./Line.ts";

/** Which line: the same options give the very line that the sensor `gridCorpus` streams. */
export interface CorpusLineOptions {
  readonly directory: string;
  readonly split: string;
  /** All of the split where absent. */
  readonly sentences?: number;
  readonly seed: number;
  /** Lays other sentences of the split under every sentence, this far below it in dB. */
  readonly babble?: { readonly decibels: number; readonly random: Random };
}

/** The line that the corpus sensors stream, as arrays: what the live path would see. */
export async function corpusLine(options: CorpusLineOptions): Promise<Line> {
  const { directory, split, seed } = options;
  const corpus = new GridSplit(directory, split);
  const [sound, pictures, words] = await Promise.all([
    corpus.sound(),
    corpus.pictures(),
    corpus.words(),
  ]);
  const available = (words.at(-1)?.sentence ?? -1) + 1;
  const sentences = options.sentences ?? available;
  if (sentences > available)
    throw new ModelError("corpusLine", `expected at most ${available} sentences, got ${sentences}`);
  const segments = timeline({ sentences, sentenceLength: SENTENCE, seed });
  const rows = lineLength(segments) / (ROW_MS * 1_000) + 1;
  const reading = { segments, seed, from: micros(0) };

  const pcm = new Int16Array(rows * ROW_SAMPLES);
  for (const { originTime, payload } of soundFrames(sound, reading))
    pcm.set(
      new Int16Array(payload.buffer, payload.byteOffset, payload.byteLength / 2),
      (originTime / 1_000) * 16,
    );
  const mouth = new Uint8Array(rows * MOUTH_PIXELS);
  for (const { originTime, payload } of pictureFrames(pictures, reading))
    mouth.set(payload, (originTime / (ROW_MS * 1_000)) * MOUTH_PIXELS);

  if (options.babble !== undefined) {
    const { decibels, random } = options.babble;
    const spoken = segments
      .filter(({ sentence }) => sentence !== undefined)
      .map(({ from, to }) => pcm.slice(from / 62.5, to / 62.5));
    let at = 0;
    for (const { from, sentence } of segments) {
      const own = sentence === undefined ? undefined : spoken[at++];
      if (own === undefined) continue;
      const mixed = Float32Array.from(own);
      const others = spoken.filter((other) => other !== own);
      const babble = mixVoices(own.length, others, 3, random);
      addScaled(mixed, babble, power(own), decibels);
      // Halved, so that two voices do not clip; the running gain makes up for it.
      pcm.set(
        Int16Array.from(mixed, (value) => value / 2),
        from / 62.5,
      );
    }
  }
  return {
    rows,
    pcm,
    mouth,
    words: lineWords(words, segments).map(({ label, slot, from, to }) => ({
      label,
      slot,
      fromMs: from / 1_000,
      toMs: to / 1_000,
    })),
  };
}
