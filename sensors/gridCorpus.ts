import {
  ConfigError,
  counted,
  type Label,
  type Micros,
  micros,
  replayPasses,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  SensorSettings,
} from "../src/sensing.ts";
import {
  GridSplit,
  PICTURE_PIXELS,
  SENTENCE,
  SENTENCE_PICTURES,
  SENTENCE_SAMPLES,
} from "./grid/GridSplit.ts";
import { captionFrames, lineWords, pictureFrames, soundFrames } from "./grid/lineFrames.ts";
import { lineLength, type Segment, timeline } from "./grid/timeline.ts";

/** Which part of the GRID arrays to stream. */
export interface GridCorpusOptions {
  /** Folder of the arrays. */
  readonly directory: string;
  readonly split: string;
  /** Sentences, from the first on. */
  readonly sentences: number;
  /** Draws the gaps between sentences, what they are filled with, and the babble. */
  readonly seed: number;
  /** Lays four other sentences of the split under every one, this far below it in dB; none unless given. */
  readonly babbleDb?: number;
}

/**
 * Sentences of the GRID corpus (Cooke et al. 2006) as one continuous stream with gaps of room noise.
 *
 * Options: see `GridCorpusOptions`. An audio stream gets the sound (10 ms of 16 kHz i16), a video stream
 * the mouth (20 × 28 grey, 25 a second), a text stream the words, each at its onset. The three agree on
 * where everything lies, since each derives the same line from the seed.
 */
export const gridCorpus: SensorKind = {
  name: "gridCorpus",
  summary: "Streams sentences of the GRID audiovisual corpus with random gaps.",
  probe: async () => ({ works: true, detail: "needs the GRID arrays (--data)" }),
  create(options) {
    const settings = new SensorSettings("gridCorpus", options);
    const line: GridCorpusOptions = {
      directory: settings.text("directory"),
      split: settings.text("split", "dev"),
      sentences: settings.count("sentences", 1),
      seed: settings.count("seed", 0, 1),
      ...(settings.has("babbleDb") && { babbleDb: settings.number("babbleDb") }),
    };
    settings.end();
    return { pace: "replay", frames: (context) => replay(line, context) };
  },
};

/**
 * What is truly said on the line that the sensors stream, and how long it is.
 *
 * @param options As for the sensors, save that `sentences` may be left out: all of the split.
 * @returns Labels by `truth`, timed from the start of the line.
 * @throws {ConfigError} If the split has fewer sentences than asked for.
 * @throws {ModelError} If the arrays are not there.
 */
export async function gridTruth(
  options: Omit<GridCorpusOptions, "sentences"> & { readonly sentences?: number },
): Promise<{
  readonly duration: Micros;
  readonly labels: readonly Label[];
  readonly sentences: number;
}> {
  const { directory, split, seed } = options;
  const words = await new GridSplit(directory, split).words();
  const available = (words.at(-1)?.sentence ?? -1) + 1;
  const sentences = options.sentences ?? available;
  if (sentences > available)
    throw new ConfigError(
      "gridCorpus",
      `expected at most ${counted(available, "sentence")}, got ${sentences}`,
    );
  const segments = timeline({ sentences, sentenceLength: SENTENCE, seed });
  const labels = lineWords(words, segments).map((word) => ({ ...word, by: "truth" }));
  return { duration: lineLength(segments), labels, sentences };
}

async function* replay(
  { directory, split, sentences, seed, babbleDb }: GridCorpusOptions,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const corpus = new GridSplit(directory, split);
  const segments = timeline({ sentences, sentenceLength: SENTENCE, seed });
  const framesFrom = await reader(corpus, { segments, seed, babbleDb }, context);
  for (const { start, from, to } of replayPasses(context))
    for (const { originTime, payload } of framesFrom(from)) {
      if (originTime >= to) break;
      yield { originTime: micros(start + originTime), payload };
    }
}

/** Loads what the stream needs, and nothing else. */
async function reader(
  corpus: GridSplit,
  line: {
    readonly segments: readonly Segment[];
    readonly seed: number;
    readonly babbleDb: number | undefined;
  },
  { description }: SensorContext,
): Promise<(from: Micros) => Iterable<SensedFrame>> {
  const { segments, seed, babbleDb } = line;
  const { stream, modality, dtype, shape } = description;
  const size = shape.reduce((product, next) => product * next, 1);
  const expectStream = (fits: boolean, expected: string): void => {
    if (!fits)
      throw new ConfigError(
        `stream ${stream}`,
        `expected ${expected} for gridCorpus, got ${dtype} [${shape}]`,
      );
  };
  const expectSentences = (available: number): void => {
    const wanted = segments.filter(({ sentence }) => sentence !== undefined).length;
    if (wanted > available)
      throw new ConfigError(
        "gridCorpus",
        `expected at most ${counted(available, "sentence")}, got ${wanted}`,
      );
  };
  switch (modality) {
    case "audio": {
      expectStream(dtype === "i16" && size === 160, "i16 [160]");
      const sound = await corpus.sound();
      expectSentences(sound.length / SENTENCE_SAMPLES);
      return (from) => soundFrames(sound, { segments, seed, from }, babbleDb);
    }
    case "video": {
      expectStream(dtype === "u8" && size === PICTURE_PIXELS, "u8 [20,28]");
      const pictures = await corpus.pictures();
      expectSentences(pictures.length / (SENTENCE_PICTURES * PICTURE_PIXELS));
      return (from) => pictureFrames(pictures, { segments, seed, from });
    }
    case "text": {
      expectStream(dtype === "utf8", "utf8");
      const words = lineWords(await corpus.words(), segments);
      return (from) => captionFrames(words, from);
    }
    case "sensor":
      throw new ConfigError(`stream ${stream}`, "expected audio, video or text for gridCorpus");
  }
}
