import type { DataSet } from "../../DataSet.ts";
import { readGridAv } from "../../sets/gridAv.ts";
import type { Questions } from "./Answers.ts";
import {
  DIGIT,
  type DigitNoise,
  digitMouths,
  digitSounds,
  drawMouthView,
  drawSoundView,
  LIP_CHANNELS,
  MOUTH,
  PLAIN_SOUND,
  PLAIN_VIEW,
  viewMouth,
  viewSound,
} from "./gridDigits.ts";
import type { ExampleSource } from "./trainMla.ts";

/** Conditions of the tests: how far speech lies above the noise. `white` is not in any training. */
export const GRID_CONDITIONS = {
  clean: undefined,
  "10dB": { kind: "babble", snrDb: 10 },
  "0dB": { kind: "babble", snrDb: 0 },
  "-5dB": { kind: "babble", snrDb: -5 },
  "-10dB": { kind: "babble", snrDb: -10 },
  white0dB: { kind: "white", snrDb: 0 },
} as const;

export type GridCondition = keyof typeof GRID_CONDITIONS;

/** Noise copies of each training sentence beside the clean one, speech −12 to 15 dB above babble. */
const COPIES = 7;
/** Seeds of the noise, the same in every run: other seeds would be other data. */
const [TRAIN_NOISE, VALIDATION_NOISE, TEST_NOISE] = [1_000, 2_000, 3_000] as const;
/** Levels of the babble, in dB, under which the held-out sentences are heard to fit temperatures on. */
const VALIDATION_LEVELS = [undefined, 10, 5, 0, -5, -10] as const;
/** How often each held-out sentence occurs in the validation in noise. */
export const NOISE_LEVELS = VALIDATION_LEVELS.length;
/** Every so many training sentences one is held out, to fit temperatures on. */
const HELD_OUT_EVERY = 10;

/** Spoken digits of one talker, heard and seen. */
export interface GridTask {
  readonly classes: number;
  /** Varied training examples; the sound clean only, or in all its noise copies. */
  source(sound: "noisy" | "clean"): ExampleSource;
  /** Rows of the source to learn from. */
  readonly rows: readonly number[];
  /** The sentences held out of training: in noise from none to −10 dB mixed, or clean only. */
  validation(sound: "noisy" | "clean"): Promise<Questions>;
  /** The test split under one condition. */
  test(condition: GridCondition): Promise<Questions>;
}

const tasks = new Map<string, Promise<GridTask>>();

/** Reads the set once per thread: making the noise costs as much as a training. */
export function gridTask(data: DataSet, split: string): Promise<GridTask> {
  const key = `${data.directory} ${split}`;
  const known = tasks.get(key) ?? readTask(data, split);
  tasks.set(key, known);
  return known;
}

async function readTask(data: DataSet, split: string): Promise<GridTask> {
  const train = await readGridAv(data, "train");
  const test = await readGridAv(data, split);
  const mouths = digitMouths(train);
  const clean = digitSounds(train);
  let noisy: readonly Float32Array[] | undefined;
  const copiesInNoise = (): readonly Float32Array[] => {
    noisy ??= [
      clean,
      ...Array.from({ length: COPIES }, (_, copy) =>
        digitSounds(train, {
          kind: "babble",
          snrDb: (rng) => rng.uniform(-12, 15),
          seed: TRAIN_NOISE + copy,
        }),
      ),
    ];
    return noisy;
  };
  const labels = Int32Array.from(train.digits, ({ label }) => label);
  const testLabels = Int32Array.from(test.digits, ({ label }) => label);
  const testLips = viewAll(digitMouths(test), range(testLabels.length), "lips");
  const rows = range(labels.length);
  const heldOut = rows.filter((row) => row % HELD_OUT_EVERY === 0);
  const heldOutLips = viewAll(mouths, heldOut, "lips");
  const heldOutLabels = heldOut.map((row) => labels[row] ?? 0);
  return {
    classes: 10,
    rows: rows.filter((row) => row % HELD_OUT_EVERY !== 0),
    source: (sound) => {
      const copies = sound === "clean" ? [clean] : copiesInNoise();
      return {
        count: labels.length,
        labels,
        draw: (modality, drawn, rng) =>
          fill(drawn, modality, (row, into) => {
            if (modality === "lips") viewMouth(mouths, row, drawMouthView(rng), into);
            else
              viewSound(copies[rng.int(0, copies.length)] ?? clean, row, drawSoundView(rng), into);
          }),
      };
    },
    validation: once(async (sound) => {
      const levels = sound === "clean" ? [undefined] : VALIDATION_LEVELS;
      const parts = levels.map((snrDb, i) =>
        viewAll(
          snrDb === undefined
            ? clean
            : digitSounds(train, noiseOf("babble", snrDb, VALIDATION_NOISE + i), heldOut),
          heldOut,
          "audio",
        ),
      );
      return {
        labels: Int32Array.from(levels.flatMap(() => heldOutLabels)),
        inputs: {
          audio: joined(parts),
          lips: joined(levels.map(() => heldOutLips)),
        },
      };
    }),
    test: once(async (condition) => {
      const noise = GRID_CONDITIONS[condition];
      const sounds = digitSounds(
        test,
        noise === undefined ? undefined : noiseOf(noise.kind, noise.snrDb, TEST_NOISE),
      );
      return {
        labels: testLabels,
        inputs: {
          audio: viewAll(sounds, range(testLabels.length), "audio"),
          lips: testLips,
        },
      };
    }),
  };
}

/** Remembers what was made for each key: noise under a whole split takes as long as some epochs. */
function once<K, V>(make: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const made = new Map<K, Promise<V>>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

function noiseOf(kind: DigitNoise["kind"], snrDb: number, seed: number): DigitNoise {
  return { kind, seed, snrDb: () => snrDb };
}

/** Examples as tests see them. */
function viewAll(from: Float32Array, rows: readonly number[], modality: string): Float32Array {
  return fill(Int32Array.from(rows), modality, (row, into) => {
    if (modality === "lips") viewMouth(from, row, PLAIN_VIEW, into);
    else viewSound(from, row, PLAIN_SOUND, into);
  });
}

function fill(
  rows: Int32Array,
  modality: string,
  write: (row: number, into: Float32Array) => void,
): Float32Array {
  const size =
    modality === "lips" ? DIGIT.frames * MOUTH.pixels * LIP_CHANNELS : DIGIT.hops * DIGIT.bands;
  const out = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) write(row, out.subarray(i * size, (i + 1) * size));
  return out;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
