import { logMelOf } from "../../../features/LogMel.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { mixNoise, type NoiseOptions } from "../../sets/babble.ts";
import { GRID_SAMPLES, type GridAv } from "../../sets/gridAv.ts";

/** Size of a mouth picture. */
export const MOUTH = { rows: 20, columns: 28, pixels: 560 } as const;

/** What the model sees of one digit: 16 pictures and 64 log-mel columns, 640 ms around its middle. */
export const DIGIT = { frames: 16, hops: 64, bands: 40 } as const;

/** Room on both sides, from which training crops are drawn: 3 pictures, 120 ms. */
export const MARGIN_FRAMES = 3;
const WIDE_FRAMES = DIGIT.frames + 2 * MARGIN_FRAMES;
const WIDE_HOPS = WIDE_FRAMES * 4;

/** Frame of a sentence at which a digit's wide window begins; inside the sentence. */
function firstFrame(fromMs: number, toMs: number): number {
  const start = Math.round((fromMs + toMs) / 2 / 40 - WIDE_FRAMES / 2);
  return Math.max(0, Math.min(start, 75 - WIDE_FRAMES));
}

/** Mouths of all digits: [N · 22 · 560] grey in 0..1, flat. */
export function digitMouths({ digits, mouth }: GridAv): Float32Array {
  const size = WIDE_FRAMES * MOUTH.pixels;
  const out = new Float32Array(digits.length * size);
  for (const [i, { sentence, fromMs, toMs }] of digits.entries()) {
    const at = (sentence * 75 + firstFrame(fromMs, toMs)) * MOUTH.pixels;
    out.set(mouth.data.subarray(at, at + size), i * size);
  }
  return out;
}

/** Noise under each digit's sentence; `snrDb` is asked for once per sentence. */
export type DigitNoise = Pick<NoiseOptions, "kind"> & {
  readonly snrDb: (rng: Rng) => number;
  readonly seed: number;
};

/**
 * Sound of all digits by the live front end, which begins with the sentence: [N · 88 · 40] in [−1, 1].
 *
 * @param noise Mixed under the sound first; clean if absent. The same seed gives the same noise.
 * @param only Digits to make; the others stay 0. All unless given.
 */
export function digitSounds(
  { digits, pcm }: GridAv,
  noise?: DigitNoise,
  only?: readonly number[],
): Float32Array {
  const size = WIDE_HOPS * DIGIT.bands;
  const out = new Float32Array(digits.length * size);
  for (const i of only ?? digits.keys()) {
    const { sentence, fromMs, toMs } = digits[i] ?? { sentence: 0, fromMs: 0, toMs: 0 };
    let sound = pcm.subarray(sentence * GRID_SAMPLES, (sentence + 1) * GRID_SAMPLES);
    if (noise !== undefined) {
      const rng = Rng.fromSeed(noise.seed).fork(`sentence ${sentence}`);
      const snrDb = noise.snrDb(rng);
      sound = mixNoise(pcm, sentence, { kind: noise.kind, snrDb, rng });
    }
    const first = firstFrame(fromMs, toMs);
    // The front end looks back only: what comes after the window need not be heard.
    const features = logMelOf(sound.subarray(0, (first + WIDE_FRAMES) * 640));
    out.set(features.subarray(first * 160, (first + WIDE_FRAMES) * 160), i * size);
  }
  return out;
}

/** How one digit's pictures are cut and varied. */
export interface MouthView {
  /** Frames after the window's first, 0..6; 3 is the middle. */
  readonly start: number;
  readonly shiftRows: number;
  readonly shiftColumns: number;
  readonly mirrored: boolean;
  /** Factor on the contrast. */
  readonly contrast: number;
}

/** As a digit is seen in tests. */
export const PLAIN_VIEW: MouthView = {
  start: MARGIN_FRAMES,
  shiftRows: 0,
  shiftColumns: 0,
  mirrored: false,
  contrast: 1,
};

/** A view as training sees it. */
export function drawMouthView(rng: Rng): MouthView {
  return {
    start: MARGIN_FRAMES + rng.int(-2, 3),
    shiftRows: rng.int(-2, 3),
    shiftColumns: rng.int(-2, 3),
    mirrored: rng.uniform() < 0.5,
    contrast: 1.3 ** rng.uniform(-1, 1),
  };
}

/** Channels of the lips' input: grey without the frame's mean, change to 1 and to 3 frames before. */
export const LIP_CHANNELS = 3;

/**
 * One digit's pictures as the model sees them.
 *
 * @param mouths As `digitMouths` gives them.
 * @param into [16, 20, 28, 3], filled.
 */
export function viewMouth(
  mouths: Float32Array,
  digit: number,
  view: MouthView,
  into: Float32Array,
): void {
  const { rows, columns, pixels } = MOUTH;
  const source = Int32Array.from({ length: pixels }, (_, pixel) => {
    const row = clamp(Math.floor(pixel / columns) - view.shiftRows, rows - 1);
    const column = clamp((pixel % columns) - view.shiftColumns, columns - 1);
    return row * columns + (view.mirrored ? columns - 1 - column : column);
  });
  const start = digit * WIDE_FRAMES * pixels;
  const frameAt = (index: number): number =>
    start + clamp(view.start + index, WIDE_FRAMES - 1) * pixels;
  const [still, moving] = [8 * view.contrast, 16 * view.contrast];
  // Plain index arithmetic: this runs for every picture of every training step.
  for (let index = 0; index < DIGIT.frames; index++) {
    const [now, before, earlier] = [frameAt(index), frameAt(index - 1), frameAt(index - 3)];
    let mean = 0;
    for (let pixel = 0; pixel < pixels; pixel++) mean += mouths[now + pixel] ?? 0;
    mean /= pixels;
    let at = index * pixels * LIP_CHANNELS;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const from = source[pixel] ?? 0;
      const value = mouths[now + from] ?? 0;
      into[at++] = still * (value - mean);
      into[at++] = moving * (value - (mouths[before + from] ?? 0));
      into[at++] = moving * (value - (mouths[earlier + from] ?? 0));
    }
  }
}

/** How one digit's sound is cut and varied. */
export interface SoundView {
  /** Hops after the window's first, 0..24; 12 is the middle. */
  readonly start: number;
  /** Bands [from, to) are silenced; likewise hops. */
  readonly bands: readonly [from: number, to: number];
  readonly hops: readonly [from: number, to: number];
}

/** As a digit is heard in tests. */
export const PLAIN_SOUND: SoundView = { start: 4 * MARGIN_FRAMES, bands: [0, 0], hops: [0, 0] };

/** Sound as training hears it: cut elsewhere, some bands and hops gone (SpecAugment, arXiv:1904.08779). */
export function drawSoundView(rng: Rng): SoundView {
  const gap = (size: number, widest: number): readonly [number, number] => {
    const width = rng.int(0, widest + 1);
    const from = rng.int(0, size - width);
    return [from, from + width];
  };
  return {
    start: 4 * MARGIN_FRAMES + rng.int(-8, 9),
    bands: gap(DIGIT.bands, 7),
    hops: gap(DIGIT.hops, 8),
  };
}

/**
 * One digit's sound as the model hears it.
 *
 * @param sounds As `digitSounds` gives them.
 * @param into [64, 40], filled.
 */
export function viewSound(
  sounds: Float32Array,
  digit: number,
  { start, bands, hops }: SoundView,
  into: Float32Array,
): void {
  const at = (digit * WIDE_HOPS + start) * DIGIT.bands;
  into.set(sounds.subarray(at, at + DIGIT.hops * DIGIT.bands));
  into.fill(-1, hops[0] * DIGIT.bands, hops[1] * DIGIT.bands);
  for (let hop = 0; hop < DIGIT.hops; hop++)
    into.fill(-1, hop * DIGIT.bands + bands[0], hop * DIGIT.bands + bands[1]);
}

function clamp(value: number, highest: number): number {
  return value < 0 ? 0 : value > highest ? highest : value;
}
