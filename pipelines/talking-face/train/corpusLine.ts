import { GridSplit, SENTENCE } from "../../../sensors/grid/GridSplit.ts";
import { lineWords, pictureFrames, soundFrames } from "../../../sensors/grid/lineFrames.ts";
import { lineLength, timeline } from "../../../sensors/grid/timeline.ts";
import { ModelError, micros } from "../../../src/training.ts";
import { MOUTH_PIXELS, ROW_MS, ROW_SAMPLES } from "../corpus/SpeechClip.ts";
import type { Line } from "./Line.ts";

/** Which line: the same options give the very line that the sensor `gridCorpus` streams. */
export interface CorpusLineOptions {
  readonly directory: string;
  readonly split: string;
  /** All of the split where absent. */
  readonly sentences?: number;
  readonly seed: number;
  /** Lays four other sentences of the split under every one, this far below it in dB. */
  readonly babbleDb?: number;
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
  for (const { originTime, payload } of soundFrames(sound, reading, options.babbleDb))
    pcm.set(
      new Int16Array(payload.buffer, payload.byteOffset, payload.byteLength / 2),
      (originTime / 1_000) * 16,
    );
  const mouth = new Uint8Array(rows * MOUTH_PIXELS);
  for (const { originTime, payload } of pictureFrames(pictures, reading))
    mouth.set(payload, (originTime / (ROW_MS * 1_000)) * MOUTH_PIXELS);

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
