import FFT from "fft.js";

import { ConfigError } from "../errors.ts";
import { type MelFilter, melFilters } from "./melFilters.ts";

export interface MelSpectrogramOptions {
  /** In Hz. */
  readonly sampleRate: number;
  /** Samples from one window's end to the next one's. */
  readonly hop: number;
  /** Samples under one Hann window, at most `fftSize`. */
  readonly window: number;
  /** Power of two. */
  readonly fftSize: number;
  /** Number of mel bands. */
  readonly bands: number;
  /** Range of the bands, in Hz. */
  readonly lowest: number;
  readonly highest: number;
}

/** What a spectrogram remembers of the sound. */
export interface MelSpectrogramSnapshot {
  readonly recent: Float64Array;
  readonly filled: number;
  readonly joined: boolean;
}

/** 10 · log10 of it is the least level a band can read: below the quantisation noise of 16 bits. */
const FLOOR_POWER = 1e-12;

/**
 * Power in mel bands of a stream of sound, one column per hop, as it comes in.
 *
 *     X = DFT(hann · x),   dB_b = 10 · log10(Σ_k w_bk |X_k|² / (Σ hann / 2)² + 1e-12)
 *
 * A window ends where its hop ends, so a column needs no sound from after itself. Bands read about
 * 0 dB for a full-scale sine, −120 dB for digital silence.
 *
 * After a gap (and at the start) the sound before the first hop is unknown; it is taken to be the
 * first hop mirrored, which joins on without the click that zeros would make.
 */
export class MelSpectrogram {
  readonly bands: number;
  readonly #hop: number;
  readonly #hann: Float64Array;
  readonly #filters: readonly MelFilter[];
  readonly #fft: FFT;
  readonly #scale: number;
  /** The last `window` samples. */
  readonly #recent: Float64Array;
  readonly #windowed: Float64Array;
  readonly #spectrum: Float64Array;
  readonly #power: Float64Array;
  readonly #column: Float64Array;
  #filled = 0;
  #joined = false;

  /** @throws {ConfigError} If the hop, window and transform do not fit into each other. */
  constructor(options: MelSpectrogramOptions) {
    const { hop, window, fftSize } = options;
    if (!(Number.isSafeInteger(hop) && hop >= 1 && hop <= window && window <= fftSize))
      throw new ConfigError(
        "MelSpectrogram",
        `expected 1 <= hop <= window <= fftSize, got ${hop}, ${window}, ${fftSize}`,
      );
    if (!Number.isInteger(Math.log2(fftSize)))
      throw new ConfigError("MelSpectrogram", `fftSize must be a power of two, got ${fftSize}`);
    this.bands = options.bands;
    this.#hop = hop;
    this.#filters = melFilters(options);
    this.#hann = Float64Array.from(
      { length: window },
      (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / window),
    );
    this.#scale = 1 / (this.#hann.reduce((sum, weight) => sum + weight, 0) / 2) ** 2;
    this.#fft = new FFT(fftSize);
    this.#recent = new Float64Array(window);
    this.#windowed = new Float64Array(fftSize);
    this.#spectrum = new Float64Array(2 * fftSize);
    this.#power = new Float64Array(fftSize / 2 + 1);
    this.#column = new Float64Array(options.bands);
  }

  /**
   * Takes the next samples, as many as there are.
   *
   * @param samples 16-bit PCM.
   * @param onColumn Called at the end of each hop with [bands] dB; borrowed until it returns.
   */
  push(samples: Int16Array, onColumn: (decibels: Float64Array) => void): void {
    const recent = this.#recent;
    const tail = recent.length - this.#hop;
    let taken = 0;
    while (taken < samples.length) {
      const count = Math.min(this.#hop - this.#filled, samples.length - taken);
      for (let index = 0; index < count; index++)
        recent[tail + this.#filled + index] = (samples[taken + index] ?? 0) / 32_768;
      this.#filled += count;
      taken += count;
      if (this.#filled < this.#hop) return;
      if (!this.#joined) this.#mirror();
      onColumn(this.#measure());
      recent.copyWithin(0, this.#hop);
      this.#filled = 0;
    }
  }

  /** What comes next does not join on to what went before; a part of a hop already in is dropped. */
  gap(): void {
    this.#filled = 0;
    this.#joined = false;
  }

  /** The sound that the next windows reach back to. */
  snapshot(): MelSpectrogramSnapshot {
    return { recent: this.#recent.slice(), filled: this.#filled, joined: this.#joined };
  }

  /** Goes on where another of the same options gave this snapshot. */
  restore({ recent, filled, joined }: MelSpectrogramSnapshot): void {
    this.#recent.set(recent);
    this.#filled = filled;
    this.#joined = joined;
  }

  #mirror(): void {
    const recent = this.#recent;
    const hop = this.#hop;
    const start = recent.length - hop;
    for (let back = 1; back <= start; back++) {
      // Bounces to and fro inside the hop: a window may be longer than two hops.
      const phase = (back - 1) % (2 * hop);
      recent[start - back] = recent[start + (phase < hop ? phase : 2 * hop - 1 - phase)] ?? 0;
    }
    this.#joined = true;
  }

  #measure(): Float64Array {
    const recent = this.#recent;
    const hann = this.#hann;
    const windowed = this.#windowed;
    for (let n = 0; n < recent.length; n++) windowed[n] = (recent[n] ?? 0) * (hann[n] ?? 0);

    const spectrum = this.#spectrum;
    this.#fft.realTransform(spectrum, windowed);
    const power = this.#power;
    for (let bin = 0; bin < power.length; bin++) {
      const real = spectrum[2 * bin] ?? 0;
      const imaginary = spectrum[2 * bin + 1] ?? 0;
      power[bin] = real * real + imaginary * imaginary;
    }

    for (const [band, { firstBin, weights }] of this.#filters.entries()) {
      let sum = 0;
      for (let index = 0; index < weights.length; index++)
        sum += (weights[index] ?? 0) * (power[firstBin + index] ?? 0);
      this.#column[band] = 10 * Math.log10(sum * this.#scale + FLOOR_POWER);
    }
    return this.#column;
  }
}
