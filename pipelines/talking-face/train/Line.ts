import {
  MOUTH_PIXELS,
  ROW_MS,
  ROW_SAMPLES,
  type SpeechClip,
  type SpokenWord,
} from "../corpus/SpeechClip.ts";

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

/** What fills the silence between clips, and how long it lasts. */
export interface LineOptions {
  /** Longest silence between two clips, in ms; shortest is 0. */
  readonly longestGapMs?: number;
  /** Standard deviation of the room noise, in units of full scale 32768. */
  readonly roomNoise?: number;
  /** Correlation of neighbouring noise samples, in [0, 1): 0 is white. */
  readonly roomColour?: number;
}

/** Places clips in the given order with random silences before, between and after them. */
export function placeClips(
  clips: readonly SpeechClip[],
  random: Random,
  { longestGapMs = 1_500 }: LineOptions = {},
): PlacedClip[] {
  let atMs = 0;
  return clips.map((clip) => {
    const startMs = Math.round(atMs + random() * longestGapMs);
    atMs = startMs + clip.durationMs;
    return { ...clip, startMs };
  });
}

/**
 * Lays placed clips on one line.
 *
 * Between clips the room is heard, and the camera stays on: the last mouth rests, then the next one.
 *
 * @param placed Ascending and apart.
 */
export function layLine(
  placed: readonly PlacedClip[],
  random: Random,
  { roomNoise = 0.001, roomColour = 0.5 }: LineOptions = {},
): Line {
  const last = placed.at(-1);
  const endMs = last === undefined ? 0 : last.startMs + last.durationMs;
  const rows = Math.ceil(endMs / ROW_MS) + 12;
  const pcm = new Int16Array(rows * ROW_SAMPLES);
  fillRoomNoise(pcm, random, roomNoise, roomColour);
  for (const clip of placed) pcm.set(clip.pcm, clip.startMs * 16);

  const mouth = new Uint8Array(rows * MOUTH_PIXELS);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const timeMs = row * ROW_MS;
    while (at + 1 < placed.length && turnMs(placed[at], placed[at + 1]) <= timeMs) at++;
    const clip = placed[at];
    if (clip === undefined) break;
    const frames = clip.mouth.length / MOUTH_PIXELS;
    const inside = Math.floor((timeMs - clip.startMs) / ROW_MS);
    const frame = Math.min(Math.max(inside, 0), frames - 1);
    const picture = clip.mouth.subarray(frame * MOUTH_PIXELS, (frame + 1) * MOUTH_PIXELS);
    const target = mouth.subarray(row * MOUTH_PIXELS, (row + 1) * MOUTH_PIXELS);
    if (inside === frame) target.set(picture);
    else for (const [i, grey] of picture.entries()) target[i] = clamp(grey + 4 * random() - 2);
  }
  const words = placed.flatMap(({ startMs, words: said }) =>
    said.map((word) => ({
      ...word,
      fromMs: word.fromMs + startMs,
      toMs: word.toMs + startMs,
    })),
  );
  return { rows, pcm, mouth, words };
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

/** The middle of the silence between two clips: where the resting mouth changes. */
function turnMs(before: PlacedClip | undefined, after: PlacedClip | undefined): number {
  if (before === undefined || after === undefined) return Infinity;
  return (before.startMs + before.durationMs + after.startMs) / 2;
}

function fillRoomNoise(pcm: Int16Array, random: Random, level: number, colour: number): void {
  const scale = 32_768 * level * Math.sqrt(12) * Math.sqrt(1 - colour * colour);
  let value = 0;
  for (let i = 0; i < pcm.length; i++) {
    value = colour * value + (random() - 0.5) * scale;
    pcm[i] = Math.round(value);
  }
}

function clamp(grey: number): number {
  return grey < 0 ? 0 : grey > 255 ? 255 : Math.round(grey);
}
