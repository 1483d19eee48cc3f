import { ConfigError, ShapeError } from "../errors.ts";
import { borrowNumbers } from "../frames/DType.ts";
import type { Cell } from "../frames/Frameset.ts";
import type { Packable } from "../log/packValue.ts";
import { type Micros, seconds } from "../units.ts";
import type { FeatureExtractor } from "./FeatureExtractor.ts";
import { MelSpectrogram, type MelSpectrogramSnapshot } from "./MelSpectrogram.ts";

/** Sound as the speech models hear it: 25 ms under each window, 10 ms apart. */
const SPEECH = {
  sampleRate: 16_000,
  hop: 160,
  window: 400,
  fftSize: 512,
  bands: 40,
  lowest: 50,
  highest: 8_000,
} as const;

/** How fast the running level forgets a loud sound, in dB per 10 ms hop. */
const LEVEL_FALL_DB = 0.04;

/**
 * The running level never falls below this, or after some seconds without a word the hiss of a quiet
 * room would read as loud as speech; whispering on a badly set microphone still lies above it.
 */
const LOWEST_LEVEL_DB = -60;

export interface LogMelOptions {
  /** Samples of 16 kHz sound per row: one grid period; a multiple of 160 (10 ms). */
  readonly rowSamples?: number;
  /**
   * Where the highest band ends, in Hz; at most 8000, the default. A model taught by recordings of a narrow band
   * must not listen above it, where any other microphone hears something.
   */
  readonly highest?: number;
  /**
   * What lies this far below the running level, or further, reads as silence, in dB; 60 unless given. Less where
   * every recording has a hiss of its own.
   */
  readonly rangeDb?: number;
}

/**
 * Log-mel columns of 16 kHz sound on a running gain: how each of 40 bands (from 50 Hz to `highest`) compares
 * with the loudest heard lately.
 *
 *     level ← max(loudest band, level − 0.04 dB)          once per 10 ms hop, not below −60 dB
 *     feature = clip(dB − level, −R..0) / (R / 2) + 1     in [−1, 1], R = `rangeDb`
 *
 * Only the past is looked at, and within the level's range the gain of the microphone cancels out.
 * A missing row, or a step in time other than one row, makes a gap: the sound on its far side is not
 * joined on, while the level is kept and falls as it would have in silence.
 *
 * One row is [hops, 40], oldest hop first, flat: 160 numbers for 40 ms.
 */
export class LogMel implements FeatureExtractor {
  readonly size: number;
  /** Mel bands per hop. */
  readonly bands = SPEECH.bands;
  /** Hops per row. */
  readonly hops: number;
  readonly #rowSamples: number;
  readonly #rowUs: Micros;
  readonly #rangeDb: number;
  readonly #spectrogram: MelSpectrogram;
  readonly #view: Uint8Array;
  #levelDb = -Infinity;
  #time: Micros | undefined;

  /**
   * @throws {ConfigError} If `rowSamples` is not a positive multiple of 160, `highest` is not within 50 to 8000 Hz,
   *   or `rangeDb` is not above 0.
   */
  constructor({ rowSamples = 640, highest = SPEECH.highest, rangeDb = 60 }: LogMelOptions = {}) {
    this.hops = rowSamples / SPEECH.hop;
    if (!(Number.isSafeInteger(this.hops) && this.hops >= 1))
      throw new ConfigError(
        "LogMel",
        `rowSamples must be a multiple of ${SPEECH.hop}, got ${rowSamples}`,
      );
    if (!(highest > SPEECH.lowest && highest <= SPEECH.highest))
      throw new ConfigError(
        "LogMel",
        `highest must be above ${SPEECH.lowest} and at most ${SPEECH.highest} Hz, got ${highest}`,
      );
    if (!(rangeDb > 0 && Number.isFinite(rangeDb)))
      throw new ConfigError("LogMel", `rangeDb must be > 0, got ${rangeDb}`);
    this.#rangeDb = rangeDb;
    this.#spectrogram = new MelSpectrogram({ ...SPEECH, highest });
    this.size = this.hops * this.bands;
    this.#rowSamples = rowSamples;
    this.#rowUs = seconds(rowSamples / SPEECH.sampleRate);
    this.#view = new Uint8Array(this.size);
  }

  /**
   * The last row as a picture for people.
   *
   * @returns [hops, 40] u8, 0 = `rangeDb` or more below the running level, 255 = at it; lowest band
   *   first. Borrowed until the next row.
   */
  get view(): Uint8Array {
    return this.#view;
  }

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell holds another number of samples than one row.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined {
    const rows = this.#time === undefined ? 1 : Math.round((time - this.#time) / this.#rowUs);
    this.#time = time;
    if (rows !== 1) this.#skip(rows - 1);
    if (cell.presence === "missing") {
      this.#skip(1);
      return undefined;
    }
    return this.pushRow(borrowNumbers(cell.payload, "i16"));
  }

  /**
   * Takes the next row of sound, known to join on to the one before.
   *
   * @param samples [rowSamples] 16-bit PCM.
   * @returns [size] float in [−1, 1].
   * @throws {ShapeError} If there are more or fewer samples.
   */
  pushRow(samples: Int16Array): Float32Array {
    if (samples.length !== this.#rowSamples)
      throw new ShapeError(
        "LogMel",
        `expected ${this.#rowSamples} samples a row, got ${samples.length}`,
      );
    const features = new Float32Array(this.size);
    let at = 0;
    this.#spectrogram.push(samples, (decibels) => {
      this.#raiseLevel(decibels);
      for (const value of decibels) {
        const below = Math.max(value - this.#levelDb, -this.#rangeDb);
        features[at] = below / (this.#rangeDb / 2) + 1;
        this.#view[at] = Math.round((below / this.#rangeDb + 1) * 255);
        at++;
      }
    });
    return features;
  }

  /** @inheritdoc */
  reset(): void {
    this.#spectrogram.gap();
    this.#levelDb = -Infinity;
    this.#time = undefined;
    this.#view.fill(0);
  }

  /** @inheritdoc */
  snapshot(): Packable {
    return {
      levelDb: this.#levelDb,
      time: this.#time,
      view: this.#view.slice(),
      spectrogram: { ...this.#spectrogram.snapshot() },
    };
  }

  /** @inheritdoc */
  restore(snapshot: unknown): void {
    const { levelDb, time, view, spectrogram } = snapshot as {
      readonly levelDb: number;
      readonly time?: Micros;
      readonly view: Uint8Array;
      readonly spectrogram: MelSpectrogramSnapshot;
    };
    this.#levelDb = levelDb;
    this.#time = time;
    this.#view.set(view);
    this.#spectrogram.restore(spectrogram);
  }

  #skip(rows: number): void {
    this.#spectrogram.gap();
    this.#levelDb -= Math.max(rows, 0) * this.hops * LEVEL_FALL_DB;
    this.#view.fill(0);
  }

  #raiseLevel(decibels: Float64Array): void {
    let loudest = LOWEST_LEVEL_DB;
    for (const value of decibels) if (value > loudest) loudest = value;
    this.#levelDb = Math.max(loudest, this.#levelDb - LEVEL_FALL_DB);
  }
}

/**
 * The log-mel rows of a whole recording, by the same code as live.
 *
 * @param samples 16 kHz PCM; what is left over after the last whole row is not used.
 * @returns [rows, size] float in [−1, 1], flat; row r holds the sound of samples
 *   [r · rowSamples, (r + 1) · rowSamples).
 */
export function logMelOf(samples: Int16Array, options: LogMelOptions = {}): Float32Array {
  const { rowSamples = 640 } = options;
  const extractor = new LogMel(options);
  const rows = Math.floor(samples.length / rowSamples);
  const features = new Float32Array(rows * extractor.size);
  for (let row = 0; row < rows; row++)
    features.set(
      extractor.pushRow(samples.subarray(row * rowSamples, (row + 1) * rowSamples)),
      row * extractor.size,
    );
  return features;
}
