import { gapSound, quietestPart } from "../../../sensors/grid/gapSound.ts";
import type { Rng } from "../../../src/training.ts";
import {
  MOUTH_PIXELS,
  ROW_MS,
  ROW_SAMPLES,
  type SpeechClip,
  type SpokenWord,
} from "../corpus/SpeechClip.ts";
import type { NoiseTable } from "./NoiseTable.ts";

/** Clips one after the other with silence between them, as a microphone and a camera would have it. */
export interface Line {
  /** Rows of the grid; row r is the instant 40 · r ms. */
  readonly rows: number;
  /** [640 · rows] PCM; row r is given the sound of [640 · (r − 1), 640 · r). */
  readonly pcm: Int16Array;
  /** [rows, 20, 28] the picture known at each row. */
  readonly mouth: Uint8Array;
  /** Ascending, on the line's own clock. */
  readonly words: readonly SpokenWord[];
}

/** A clip with its place on the line, sound and pictures as they are to be heard and seen. */
export interface PlacedClip {
  /** Whole milliseconds. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly pcm: Int16Array;
  readonly mouth: Uint8Array;
  readonly words: readonly SpokenWord[];
}

/** A source of numbers in [0, 1). */
export type Random = () => number;

/** How a line is laid. */
export interface LineOptions {
  /** Longest silence between two clips, in ms; shortest is 0. */
  readonly longestGapMs?: number;
  /** Clips begin on multiples of this many ms: 40 keeps pictures on the rows, 1 lets them age. */
  readonly stepMs?: number;
  /** Standard deviation of the room noise, in units of full scale 32768. */
  readonly roomNoise?: number;
  /** Correlation of neighbouring noise samples, in [0, 1): 0 is white. */
  readonly roomColour?: number;
  /** Share of silences filled with the neighbouring clips' own background, as the corpus feed does. */
  readonly ownBackground?: number;
}

/** Places clips in the given order with random silences before, between and after them. */
export function placeClips(
  clips: readonly SpeechClip[],
  random: Random,
  { longestGapMs = 1_500, stepMs = ROW_MS }: LineOptions = {},
): PlacedClip[] {
  let atMs = 0;
  return clips.map((clip) => {
    const startMs = Math.ceil((atMs + random() * longestGapMs) / stepMs) * stepMs;
    atMs = startMs + clip.durationMs;
    return { ...clip, startMs };
  });
}

/**
 * Lays placed clips on one line.
 *
 * Between clips the room is heard, and the camera stays on: the last mouth turns into the next one.
 *
 * @param placed Ascending and apart.
 */
export function layLine(
  placed: readonly PlacedClip[],
  rng: Rng,
  noise: NoiseTable,
  { roomNoise = 0.001, roomColour = 0.5, ownBackground = 1 }: LineOptions = {},
): Line {
  const last = placed.at(-1);
  const endMs = last === undefined ? 0 : last.startMs + last.durationMs;
  const rows = Math.ceil(endMs / ROW_MS) + 12;
  const pcm = new Int16Array(rows * ROW_SAMPLES);
  const scale = 32_768 * roomNoise * Math.sqrt(1 - roomColour * roomColour);
  let value = 0;
  noise.forEach(pcm.length, (draw, i) => {
    value = roomColour * value + draw * scale;
    pcm[i] = Math.round(value);
  });
  const mouth = new Uint8Array(rows * MOUTH_PIXELS);
  for (const [at, clip] of placed.entries()) {
    const before = placed[at - 1];
    const fromMs = before === undefined ? 0 : before.startMs + before.durationMs;
    const length = (clip.startMs - fromMs) * 16;
    if (length > 0 && rng.uniform() < ownBackground)
      pcm.set(
        gapSound({
          ...(before === undefined ? {} : { before: quietestPart(before.pcm) }),
          after: quietestPart(clip.pcm),
          length,
          rng,
        }),
        fromMs * 16,
      );
    pcm.set(clip.pcm, clip.startMs * 16);
  }
  layPictures(mouth, placed, noise);
  const words = placed.flatMap(({ startMs, words: said }) =>
    said.map((word) => ({
      ...word,
      fromMs: word.fromMs + startMs,
      toMs: word.toMs + startMs,
    })),
  );
  return { rows, pcm, mouth, words };
}

/** The newest picture of each row; between clips one face turns into the other, never quite still. */
function layPictures(mouth: Uint8Array, placed: readonly PlacedClip[], noise: NoiseTable): void {
  const rows = mouth.length / MOUTH_PIXELS;
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const timeMs = row * ROW_MS;
    while (at + 1 < placed.length && (placed[at + 1]?.startMs ?? Infinity) <= timeMs) at++;
    const clip = placed[at];
    if (clip === undefined) return;
    const target = mouth.subarray(row * MOUTH_PIXELS, (row + 1) * MOUTH_PIXELS);
    const endMs = clip.startMs + clip.durationMs;
    if (timeMs >= clip.startMs && timeMs < endMs) {
      target.set(pictureOf(clip, Math.floor((timeMs - clip.startMs) / ROW_MS)));
      continue;
    }
    const next = timeMs < clip.startMs ? clip : placed[at + 1];
    const from = timeMs < clip.startMs ? pictureOf(clip, 0) : pictureOf(clip, Infinity);
    const to = next === undefined ? from : pictureOf(next, 0);
    const progress =
      next === undefined || next === clip ? 0 : (timeMs - endMs) / (next.startMs - endMs);
    noise.forEach(MOUTH_PIXELS, (draw, pixel) => {
      const [a = 0, b = 0] = [from[pixel], to[pixel]];
      target[pixel] = Math.max(0, Math.min(255, Math.round(a + progress * (b - a) + draw)));
    });
  }
}

function pictureOf({ mouth }: PlacedClip, index: number): Uint8Array {
  const at = Math.min(index, mouth.length / MOUTH_PIXELS - 1);
  return mouth.subarray(at * MOUTH_PIXELS, (at + 1) * MOUTH_PIXELS);
}

/** Class of the instant that each row is about: the word said there, else 0. */
export function labelsOf(line: Line, classes: readonly string[], lookAheadMs: number): Int32Array {
  const labels = new Int32Array(line.rows);
  let at = 0;
  for (let row = 0; row < line.rows; row++) {
    const instant = row * ROW_MS - lookAheadMs;
    while ((line.words[at]?.toMs ?? Infinity) <= instant) at++;
    const word = line.words[at];
    if (word !== undefined && word.fromMs <= instant)
      labels[row] = Math.max(classes.indexOf(word.label), 0);
  }
  return labels;
}
