import {
  type Caption,
  decodeMuLaw,
  type Micros,
  micros,
  millis,
  Rng,
  type SensedFrame,
} from "../../src/sensing.ts";
import { babbleUnder } from "./babble.ts";
import type { GridWord } from "./GridSplit.ts";
import { PICTURE_PIXELS, SENTENCE_PICTURES, SENTENCE_SAMPLES } from "./GridSplit.ts";
import { gapPicture } from "./gapPicture.ts";
import { gapSound, quietestPart } from "./gapSound.ts";
import type { Segment } from "./timeline.ts";

const SAMPLES_PER_MS = 16;
const BLOCK = millis(10);
const PICTURE = millis(40);
/** Keeps the draws of one gap or picture apart from those of the next. */
const SEED_STEP = 1_000_003;

/** The line to read, from where on, and the seed of what its gaps are filled with. */
export interface LineReading {
  readonly segments: readonly Segment[];
  readonly seed: number;
  /** Frames that begin earlier are left out. */
  readonly from: Micros;
}

/**
 * Sound of the line in blocks of 10 ms.
 *
 * @param sound [sentences × 48000] mu-law; the voices of the babble are any four others of them.
 * @param babbleDb Sentence over babble; none unless given. Gaps between sentences stay as they are.
 * @returns Frames of 160 × i16; origin times are offsets from the line's start.
 * @throws {ConfigError} If there are fewer than four others for a babble.
 */
export function* soundFrames(
  sound: Uint8Array,
  { segments, seed, from }: LineReading,
  babbleDb?: number,
): Generator<SensedFrame, void, undefined> {
  const sentenceSound = (sentence: number): Int16Array =>
    decodeMuLaw(sound.subarray(sentence * SENTENCE_SAMPLES, (sentence + 1) * SENTENCE_SAMPLES));
  const spoken = (sentence: number): Int16Array =>
    babbleDb === undefined
      ? sentenceSound(sentence)
      : babbleUnder(sentence, sound.length / SENTENCE_SAMPLES, sentenceSound, {
          snrDb: babbleDb,
          seed,
        });
  for (const segment of segments) {
    if (segment.to <= from) continue;
    const pcm =
      segment.sentence === undefined
        ? gapBetween(segments, segment, seed, (sentence) => quietestPart(sentenceSound(sentence)))
        : spoken(segment.sentence);
    for (let at = segment.from as number; at < segment.to; at += BLOCK) {
      if (at < from) continue;
      const first = ((at - segment.from) / 1_000) * SAMPLES_PER_MS;
      const block = pcm.slice(first, first + (BLOCK / 1_000) * SAMPLES_PER_MS);
      yield { originTime: micros(at), payload: new Uint8Array(block.buffer) };
    }
  }
}

function gapBetween(
  segments: readonly Segment[],
  gap: Segment,
  seed: number,
  background: (sentence: number) => Int16Array,
): Int16Array {
  const before = segments[gap.index - 1]?.sentence;
  const after = segments[gap.index + 1]?.sentence;
  return gapSound({
    ...(before === undefined ? {} : { before: background(before) }),
    ...(after === undefined ? {} : { after: background(after) }),
    length: ((gap.to - gap.from) / 1_000) * SAMPLES_PER_MS,
    rng: Rng.fromSeed(seed + SEED_STEP * (gap.index + 1)),
  });
}

/**
 * Pictures of the line, 25 a second.
 *
 * @param pictures [sentences × 75 × 560] grey.
 * @returns Frames of 560 × u8; origin times are offsets from the line's start.
 */
export function* pictureFrames(
  pictures: Uint8Array,
  { segments, seed, from }: LineReading,
): Generator<SensedFrame, void, undefined> {
  const picture = (sentence: number, index: number): Uint8Array => {
    const at = (sentence * SENTENCE_PICTURES + index) * PICTURE_PIXELS;
    return pictures.subarray(at, at + PICTURE_PIXELS);
  };
  for (const { from: start, to, sentence, index } of segments) {
    if (to <= from) continue;
    const before = segments[index - 1]?.sentence;
    const after = segments[index + 1]?.sentence;
    for (let at = start as number; at < to; at += PICTURE) {
      if (at < from) continue;
      const payload =
        sentence !== undefined
          ? picture(sentence, (at - start) / PICTURE)
          : gapPicture({
              ...(before === undefined ? {} : { before: picture(before, SENTENCE_PICTURES - 1) }),
              ...(after === undefined ? {} : { after: picture(after, 0) }),
              progress: (at - start + PICTURE) / (to - start + PICTURE),
              rng: Rng.fromSeed(-seed - SEED_STEP * (at / PICTURE + 1)),
            });
      yield { originTime: micros(at), payload };
    }
  }
}

/** A word of the line, timed from the line's start. */
export type LineWord = Omit<GridWord, "sentence">;

/** The words of the line, in order. */
export function lineWords(
  words: readonly GridWord[],
  segments: readonly Segment[],
): readonly LineWord[] {
  return segments.flatMap(({ from: start, sentence }) =>
    words
      .filter((word) => word.sentence === sentence)
      .map(({ label, slot, from, to }) => ({
        label,
        slot,
        from: micros(start + from),
        to: micros(start + to),
      })),
  );
}

/** The words of the line as captions, each at its onset. */
export function* captionFrames(
  words: readonly LineWord[],
  from: Micros,
): Generator<SensedFrame, void, undefined> {
  for (const { label, from: onset, to } of words) {
    if (onset < from) continue;
    const caption: Caption = { text: label, duration: micros(to - onset) };
    yield { originTime: onset, payload: new TextEncoder().encode(JSON.stringify(caption)) };
  }
}
