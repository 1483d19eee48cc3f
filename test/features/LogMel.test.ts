import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../src/errors.ts";
import { LogMel, logMelOf } from "../../src/features/LogMel.ts";
import { MelSpectrogram } from "../../src/features/MelSpectrogram.ts";
import { melFilters } from "../../src/features/melFilters.ts";
import type { Cell } from "../../src/frames/Frameset.ts";
import { type Micros, micros, millis } from "../../src/units.ts";

const SHAPE = {
  sampleRate: 16_000,
  hop: 160,
  window: 400,
  fftSize: 512,
  bands: 40,
  lowest: 50,
  highest: 8_000,
};
const MISSING: Cell = { presence: "missing", reason: "idle" };

describe("melFilters", () => {
  it("puts the triangles' peaks evenly on the mel scale, each half over its neighbours", () => {
    const filters = melFilters({ ...SHAPE, bands: 8, fftSize: 8_192 });
    const peaks = filters.map(({ firstBin, weights }) => {
      const top = weights.indexOf(Math.max(...weights));
      return 2595 * Math.log10(1 + ((firstBin + top) * 16_000) / 8_192 / 700);
    });
    const steps = peaks.slice(1).map((peak, index) => peak - (peaks[index] ?? 0));
    for (const step of steps) expect(step).toBeCloseTo(steps[0] ?? 0, -1);
    // Between the first and the last peak neighbouring triangles add up to 1 at every frequency.
    const sum = new Float64Array(4_097);
    for (const { firstBin, weights } of filters)
      for (const [index, weight] of weights.entries())
        sum[firstBin + index] = (sum[firstBin + index] ?? 0) + weight;
    for (const bin of [500, 1_000, 2_000, 3_000]) expect(sum[bin]).toBeCloseTo(1, 9);
  });

  it("refuses a triangle that no bin falls under, and a range above half the rate", () => {
    expect(() => melFilters({ ...SHAPE, bands: 200 })).toThrow(ConfigError);
    expect(() => melFilters({ ...SHAPE, highest: 9_000 })).toThrow(ConfigError);
  });
});

describe("MelSpectrogram", () => {
  it("agrees with a plain discrete Fourier transform of each window", () => {
    const samples = noise(160 * 6, 7);
    const columns = columnsOf(samples);
    for (const hop of [2, 3, 5]) {
      const window = samples.subarray((hop + 1) * 160 - 400, (hop + 1) * 160);
      const expected = plainMel(window);
      for (let band = 0; band < 40; band++)
        expect(columns[hop]?.[band]).toBeCloseTo(expected[band] ?? Number.NaN, 6);
    }
  });

  it("drops the part of a hop that a gap follows", () => {
    const samples = noise(480, 3);
    const spectrogram = new MelSpectrogram(SHAPE);
    const columns: number[][] = [];
    spectrogram.push(noise(250, 5), () => {});
    spectrogram.gap();
    spectrogram.push(samples, (column) => columns.push([...column]));
    expect(columns).toEqual(columnsOf(samples));
  });

  it("reads about 0 dB for a full-scale sine and -120 dB for digital silence", () => {
    const sine = Int16Array.from({ length: 1_600 }, (_, n) => 32_767 * Math.sin(n * 0.4));
    expect(Math.max(...(columnsOf(sine)[8] ?? []))).toBeGreaterThan(-1);
    expect(Math.max(...(columnsOf(sine)[8] ?? []))).toBeLessThan(2);
    expect(Math.max(...(columnsOf(new Int16Array(1_600))[8] ?? []))).toBeCloseTo(-120, 6);
  });

  it("gives the same columns however the samples are cut", () => {
    const samples = noise(160 * 8 + 50, 3);
    const whole = columnsOf(samples);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 12 }), (sizes) => {
        expect(columnsOf(samples, sizes)).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  it("takes the sound before the first hop to be that hop mirrored, to and fro", () => {
    const hop = noise(160, 21);
    const window = Int16Array.from({ length: 400 }, (_, n) => {
      if (n >= 240) return hop[n - 240] ?? 0;
      return hop[n >= 80 ? 239 - n : 80 + n] ?? 0;
    });
    const expected = plainMel(window);
    for (const [band, value] of (columnsOf(hop)[0] ?? []).entries())
      expect(value).toBeCloseTo(expected[band] ?? Number.NaN, 6);
  });

  it("starts without a click: a steady tone reads alike in its first and its later columns", () => {
    const tone = Int16Array.from({ length: 1_600 }, (_, n) => 8_000 * Math.cos((n * Math.PI) / 8));
    const columns = columnsOf(tone);
    // 4 kHz and above, far from the 1 kHz tone: a cut-in from zeros reads 60 dB higher here.
    expect(Math.max(...(columns[0] ?? []).slice(32))).toBeLessThan(-60);
  });
});

describe("LogMel", () => {
  it("does not care about the gain of the microphone", () => {
    const samples = speechLike(16_000);
    const reference = logMelOf(samples);
    for (const gainDb of [-24, -12, 3]) {
      const factor = 10 ** (gainDb / 20);
      const other = logMelOf(samples.map((sample) => Math.round(sample * factor)));
      const worst = reference.reduce(
        (most, value, index) => Math.max(most, Math.abs(value - (other[index] ?? 0))),
        0,
      );
      // Only rounding to 16 bits differs: audible in the quietest bands of the -24 dB copy.
      expect(worst).toBeLessThan(0.06);
    }
  });

  it("stays within [-1, 1] and has one band at 1 where the sound is as loud as lately", () => {
    const features = logMelOf(noise(6_400, 5));
    expect(Math.max(...features)).toBeCloseTo(1, 6);
    expect(Math.min(...features)).toBeGreaterThanOrEqual(-1);
  });

  it("lets the level fall by 0.04 dB a hop once the sound is softer", () => {
    const loud = noise(640, 9);
    const soft = loud.map((sample) => Math.round(sample / 8));
    const extractor = new LogMel();
    extractor.pushRow(loud);
    const rows = [extractor.pushRow(soft), extractor.pushRow(soft)];
    // Same samples one row apart, from the third hop on under the same window: only the level moved.
    const rise = (rows[1]?.[159] ?? 0) - (rows[0]?.[159] ?? 0);
    expect(rise).toBeCloseTo((4 * 0.04) / 30, 5);
  });

  it("gives a row by row stream exactly what it gives the whole recording", () => {
    const samples = speechLike(640 * 20);
    const extractor = new LogMel();
    const rows = Array.from({ length: 20 }, (_, row) =>
      extractor.push(
        cellOf(samples.slice(row * 640, (row + 1) * 640), row),
        millis(40 * (row + 1)),
      ),
    );
    expect(Float32Array.from(rows.flatMap((row) => [...(row ?? [])]))).toEqual(logMelOf(samples));
  });

  it("looks at nothing to come", () => {
    const samples = speechLike(640 * 10);
    const other = samples.slice();
    other.fill(20_000, 640 * 5);
    expect(logMelOf(other).slice(0, 5 * 160)).toEqual(logMelOf(samples).slice(0, 5 * 160));
  });

  it("says missing in a gap, and joins nothing across it but the level", () => {
    const samples = speechLike(640 * 4);
    const row = (index: number): Int16Array => samples.slice(index * 640, (index + 1) * 640);
    const gapped = new LogMel();
    gapped.push(cellOf(row(0), 0), millis(40));
    expect(gapped.push(MISSING, millis(80))).toBeUndefined();
    expect(gapped.view.every((value) => value === 0)).toBe(true);
    const after = gapped.push(cellOf(row(2), 2), millis(120));

    // The same sound upside down before the gap: as loud, but it would join on otherwise.
    const upsideDown = row(0).map((sample) => -sample);
    const other = new LogMel();
    other.push(cellOf(upsideDown, 0), millis(40));
    const joined = new LogMel();
    joined.push(cellOf(upsideDown, 0), millis(40));
    expect(joined.push(cellOf(row(2), 2), millis(80))).not.toEqual(after);
    other.push(MISSING, millis(80));
    expect(other.push(cellOf(row(2), 2), millis(120))).toEqual(after);

    const fresh = new LogMel();
    expect(
      fresh.push(
        cellOf(
          row(2).map((sample) => Math.round(sample / 8)),
          2,
        ),
        millis(120),
      ),
    ).not.toEqual(
      gapped.push(
        cellOf(
          row(2).map((sample) => Math.round(sample / 8)),
          2,
        ),
        millis(240),
      ),
    );
  });

  it("lets the level fall through a gap as it would through quiet", () => {
    const loud = noise(640, 9);
    const soft = loud.map((sample) => Math.round(sample / 8));
    const featureAfter = (rows: number): number => {
      const extractor = new LogMel();
      extractor.push(cellOf(loud, 0), millis(40));
      for (let row = 2; row < 2 + rows; row++) extractor.push(MISSING, millis(40 * row));
      return extractor.push(cellOf(soft, rows + 1), millis(40 * (rows + 2)))?.[20] ?? Number.NaN;
    };
    expect(featureAfter(51) - featureAfter(1)).toBeCloseTo((50 * 4 * 0.04) / 30, 5);
  });

  it("treats a jump in time like the missing rows it skips", () => {
    const samples = speechLike(640 * 6);
    const row = (index: number): Int16Array => samples.slice(index * 640, (index + 1) * 640);
    const told = new LogMel();
    const jumped = new LogMel();
    for (const extractor of [told, jumped]) extractor.push(cellOf(row(0), 0), millis(40));
    told.push(MISSING, millis(80));
    told.push(MISSING, millis(120));
    const expected = told.push(cellOf(row(3), 3), millis(160));
    expect(jumped.push(cellOf(row(3), 3), millis(160))).toEqual(expected);
    const joined = new LogMel();
    joined.push(cellOf(row(0), 0), millis(40));
    expect(joined.push(cellOf(row(3), 3), millis(80))).not.toEqual(expected);
  });

  it("reads a quiet room as quiet even after a minute without a word", () => {
    const extractor = new LogMel();
    const hiss = noise(640, 2).map((sample) => Math.round(sample / 4_000));
    extractor.pushRow(speechLike(640));
    let last: Float32Array = new Float32Array();
    for (let row = 0; row < 1_500; row++) last = extractor.pushRow(hiss);
    expect(Math.max(...last)).toBeLessThan(0.5);
  });

  it("shows the row as a picture, 255 at the running level", () => {
    const extractor = new LogMel();
    const features = extractor.pushRow(noise(640, 4));
    expect(extractor.view).toHaveLength(160);
    for (let index = 0; index < 160; index++)
      expect(extractor.view[index]).toBeCloseTo((((features[index] ?? 0) + 1) / 2) * 255, -0.31);
  });

  it("hears nothing above the highest band", () => {
    const tone = (hertz: number) =>
      Int16Array.from({ length: 1_280 }, (_, i) =>
        Math.round(8_000 * Math.sin((2 * Math.PI * hertz * i) / 16_000)),
      );
    const both = tone(1_000).map((value, i) => value + (tone(6_000)[i] ?? 0));
    const narrow = { highest: 3_800 };
    const [low, mixed] = [logMelOf(tone(1_000), narrow), logMelOf(both, narrow)];
    const worst = low.reduce(
      // The tones' own beginning is heard in all bands.
      (most, value, i) => (i < 160 ? most : Math.max(most, Math.abs(value - (mixed[i] ?? 0)))),
      0,
    );
    expect(worst).toBeLessThan(0.05);
    const loudestBand = (features: Float32Array): number =>
      features.indexOf(Math.max(...features)) % 40;
    // 40 triangles, evenly on the mel scale: 1 kHz is 999.99 mel, 50 Hz 77.75, 3.8 kHz 2099.6, 8 kHz 2840.0.
    expect(loudestBand(low.subarray(160))).toBe(
      Math.round((41 * (999.99 - 77.75)) / (2_099.6 - 77.75)) - 1,
    );
    expect(loudestBand(logMelOf(tone(1_000)).subarray(160))).toBe(
      Math.round((41 * (999.99 - 77.75)) / (2_840 - 77.75)) - 1,
    );
  });

  it("reads as silence what lies further below the level than its range", () => {
    const samples = noise(640, 9);
    const soft = samples.map((sample) => Math.round(sample / 30));
    const quietRow = (rangeDb?: number): Float32Array => {
      const extractor = new LogMel(rangeDb === undefined ? {} : { rangeDb });
      extractor.pushRow(samples);
      return extractor.pushRow(soft).slice(80);
    };
    // The same numbers of dB, on another scale and cut off elsewhere.
    const [wide, narrow] = [quietRow(), quietRow(30)];
    for (const [i, value] of wide.entries())
      expect(narrow[i]).toBeCloseTo(Math.max((value - 1) * 30, -30) / 15 + 1, 5);
    expect(narrow).toContain(-1);
    expect(wide).not.toContain(-1);
  });

  it("refuses a highest band out of its range, and a range of nothing", () => {
    for (const highest of [50, 8_001, Number.NaN])
      expect(() => new LogMel({ highest })).toThrow("highest must be above 50");
    for (const rangeDb of [0, -40, Infinity])
      expect(() => new LogMel({ rangeDb })).toThrow("rangeDb must be > 0");
  });

  it("refuses rows that are not whole hops, and cells of another length", () => {
    expect(() => new LogMel({ rowSamples: 600 })).toThrow(ConfigError);
    expect(() => new LogMel().push(cellOf(new Int16Array(639), 0), millis(40))).toThrow(ShapeError);
  });

  it("is as new after a reset", () => {
    const samples = speechLike(1_280);
    const extractor = new LogMel();
    const first = extractor.push(cellOf(samples.slice(0, 640), 0), millis(40));
    extractor.reset();
    expect(extractor.push(cellOf(samples.slice(0, 640), 0), millis(40))).toEqual(first);
  });
});

function columnsOf(samples: Int16Array, sizes: readonly number[] = []): number[][] {
  const spectrogram = new MelSpectrogram(SHAPE);
  const columns: number[][] = [];
  let start = 0;
  for (const size of [...sizes, samples.length]) {
    spectrogram.push(samples.subarray(start, start + size), (column) => columns.push([...column]));
    start += size;
  }
  return columns;
}

/** The definition, term by term. */
function plainMel(window: Int16Array): number[] {
  const hann = Array.from({ length: 400 }, (_, n) => Math.sin((Math.PI * n) / 400) ** 2);
  const power = Array.from({ length: 257 }, (_, bin) => {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < 400; n++) {
      const value = ((window[n] ?? 0) / 32_768) * (hann[n] ?? 0);
      real += value * Math.cos((2 * Math.PI * bin * n) / 512);
      imaginary -= value * Math.sin((2 * Math.PI * bin * n) / 512);
    }
    return (real ** 2 + imaginary ** 2) / 100 ** 2;
  });
  const mel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
  const step = (mel(8_000) - mel(50)) / 41;
  const foot = (index: number): number => 700 * (10 ** ((mel(50) + step * index) / 2595) - 1);
  return Array.from({ length: 40 }, (_, band) => {
    const [left, centre, right] = [foot(band), foot(band + 1), foot(band + 2)];
    const sum = power.reduce((total, value, bin) => {
      const hz = bin * 31.25;
      const weight = Math.min((hz - left) / (centre - left), (right - hz) / (right - centre));
      return total + Math.max(weight, 0) * value;
    }, 0);
    return 10 * Math.log10(sum + 1e-12);
  });
}

function noise(length: number, seed: number): Int16Array {
  let state = seed;
  return Int16Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >> 18;
  });
}

/** Harmonics of a gliding voice under a syllable's envelope, over a noise floor. */
function speechLike(length: number): Int16Array {
  const floor = noise(length, 11);
  let phase = 0;
  return Int16Array.from({ length }, (_, n) => {
    phase += (2 * Math.PI * (110 + 30 * Math.sin(n / 4_000))) / 16_000;
    const voice = [1, 2, 3, 5, 8, 13, 21].reduce((sum, k) => sum + Math.sin(k * phase) / k, 0);
    return 9_000 * voice * (0.55 + 0.45 * Math.sin(n / 900)) + (floor[n] ?? 0) / 8;
  });
}

function cellOf(samples: Int16Array, row: number): Cell {
  const originTime: Micros = micros(row * 40_000 + 30_000);
  return {
    presence: "real",
    payload: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
    frames: 4,
    originTime,
    age: millis(10),
    arrivalTime: micros(0),
  };
}
