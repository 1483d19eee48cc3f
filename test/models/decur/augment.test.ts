import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { augmentAudio, drawRun } from "../../../src/models/decur/augment/augmentAudio.ts";
import { augmentInertial } from "../../../src/models/decur/augment/augmentInertial.ts";
import { augmentSpectrum } from "../../../src/models/decur/augment/augmentSpectrum.ts";
import { augmentVideo } from "../../../src/models/decur/augment/augmentVideo.ts";
import { resampleTime } from "../../../src/models/decur/augment/resampleTime.ts";
import { roughNormal } from "../../../src/models/decur/augment/roughNormal.ts";
import { warpedPlaces } from "../../../src/models/decur/augment/warpedPlaces.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

const AUDIO = { bands: 5, gain: 0, noise: 0, maskBands: 0, maskRows: 0, crop: 0 };
const VIDEO = {
  rows: 4,
  columns: 5,
  channels: 2,
  shift: 0,
  zoom: 0,
  contrast: 0,
  brightness: 0,
  flip: 0,
  crop: 0,
  pace: 0,
};
const INERTIAL = {
  vectors: 2,
  turn: { angle: 0, axis: "any" },
  scale: 0,
  noise: 0,
  drop: 0,
  crop: 0,
  pace: 0,
} as const;
const SPECTRUM = {
  bands: 6,
  gain: 0,
  rowGain: 0,
  tilt: 0,
  offset: 0,
  noise: 0,
  maskBands: 0,
  dropRow: 0,
};
const x = Rng.fromSeed(1).normalArray(120);
const close = (values: Float32Array): unknown[] => [...values].map((v) => expect.closeTo(v, 5));

describe("every augmentation", () => {
  it.each([
    ["audio", (rng: Rng) => augmentAudio(x, AUDIO, rng)],
    ["video", (rng: Rng) => augmentVideo(x, VIDEO, rng)],
    ["inertial", (rng: Rng) => augmentInertial(x, INERTIAL, rng)],
    ["spectrum", (rng: Rng) => augmentSpectrum(x, SPECTRUM, rng)],
  ] as const)("gives the series back where nothing may change: %s", (_, augment) => {
    expect([...augment(Rng.fromSeed(2))]).toEqual(close(x));
  });

  it.each([
    [
      "audio",
      (rng: Rng) =>
        augmentAudio(
          x,
          { bands: 5, gain: 3, noise: 0.1, maskBands: 2, maskRows: 3, crop: 0.2 },
          rng,
        ),
    ],
    [
      "video",
      (rng: Rng) =>
        augmentVideo(
          x,
          { ...VIDEO, shift: 1, zoom: 0.1, contrast: 0.2, flip: 0.5, pace: 0.3 },
          rng,
        ),
    ],
    [
      "inertial",
      (rng: Rng) =>
        augmentInertial(
          x,
          { ...INERTIAL, turn: { angle: 1, axis: "any" }, noise: 0.1, drop: 0.3, crop: 0.2 },
          rng,
        ),
    ],
    [
      "spectrum",
      (rng: Rng) => augmentSpectrum(x, { ...SPECTRUM, gain: 0.2, noise: 0.1, maskBands: 3 }, rng),
    ],
  ] as const)("draws from its generator alone and leaves its input as it was: %s", (_, augment) => {
    const before = Float32Array.from(x);
    const [first, again, other] = [3, 3, 4].map((seed) => augment(Rng.fromSeed(seed)));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first).toHaveLength(x.length);
    expect(x).toEqual(before);
    expect(first?.every(Number.isFinite)).toBe(true);
  });
});

describe("augmentAudio", () => {
  it("changes the level of all values alike", () => {
    const out = augmentAudio(x, { ...AUDIO, gain: 6 }, Rng.fromSeed(5));
    const level = (out[0] ?? 0) - (x[0] ?? 0);
    expect(Math.abs(level)).toBeGreaterThan(0.01);
    expect(Math.abs(level)).toBeLessThanOrEqual(6);
    expect([...out]).toEqual(close(x.map((value) => value + level)));
  });

  it("mutes a run of bands and a run of rows to the mean", () => {
    const out = augmentAudio(x, { ...AUDIO, maskBands: 3, maskRows: 9 }, Rng.fromSeed(8));
    const mean = x.reduce((sum, value) => sum + value / x.length, 0);
    const isMuted = [...out].map((value, i) => {
      const changed = Math.abs(value - (x[i] ?? 0)) > 1e-6;
      if (changed) expect(value).toBeCloseTo(mean, 5);
      return changed;
    });
    const perRow = Array.from(
      { length: 24 },
      (_, row) => isMuted.slice(row * 5, row * 5 + 5).filter(Boolean).length,
    );
    expect(perRow.filter((count) => count === 5).length).toBeLessThanOrEqual(9);
    expect(Math.max(...perRow.filter((count) => count < 5))).toBeLessThanOrEqual(3);
    expect(perRow.some((count) => count > 0)).toBe(true);
  });

  it("draws runs inside their bounds, of every length", () => {
    const rng = Rng.fromSeed(6);
    const runs = Array.from({ length: 300 }, () => drawRun(7, 3, rng));
    for (const [from, to] of runs) {
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(7);
    }
    expect(new Set(runs.map(([from, to]) => to - from))).toEqual(new Set([0, 1, 2, 3]));
  });
});

describe("augmentVideo", () => {
  it("mirrors left to right, and twice is the clip", () => {
    const once = augmentVideo(x, { ...VIDEO, flip: 1 }, Rng.fromSeed(7));
    expect(once[0]).toBeCloseTo(x[8] ?? 0, 6);
    expect([...augmentVideo(once, { ...VIDEO, flip: 1 }, Rng.fromSeed(9))]).toEqual(close(x));
  });

  it("moves all frames by the same pixels and fills with 0", () => {
    const clip = Float32Array.from({ length: 120 }, (_, i) => 1 + i);
    const out = augmentVideo(clip, { ...VIDEO, shift: 2 }, Rng.fromSeed(10));
    const zeros = (frame: number): number[] =>
      [...out.subarray(frame * 40, frame * 40 + 40)].flatMap((value, i) =>
        value === 0 ? [i] : [],
      );
    expect(zeros(0).length).toBeGreaterThan(0);
    expect(zeros(1)).toEqual(zeros(0));
    const shown = [...out.subarray(0, 40)].map((value, i) => (value === 0 ? 0 : value - 1 - i));
    expect(new Set(shown.filter((offset) => offset !== 0)).size).toBe(1);
  });
});

describe("augmentInertial", () => {
  const norms = (series: Float32Array): number[] =>
    Array.from({ length: series.length / 3 }, (_, i) =>
      Math.hypot(series[3 * i] ?? 0, series[3 * i + 1] ?? 0, series[3 * i + 2] ?? 0),
    );

  it("turns all vectors together: lengths and angles stay", () => {
    const out = augmentInertial(
      x,
      { ...INERTIAL, turn: { angle: 3, axis: "any" } },
      Rng.fromSeed(11),
    );
    expect(out).not.toEqual(x);
    expect(norms(out)).toEqual(norms(x).map((norm) => expect.closeTo(norm, 5)));
    const dot = (s: Float32Array): number =>
      (s[0] ?? 0) * (s[3] ?? 0) + (s[1] ?? 0) * (s[4] ?? 0) + (s[2] ?? 0) * (s[5] ?? 0);
    expect(dot(out)).toBeCloseTo(dot(x), 5);
  });

  it("leaves the axis it turns about alone", () => {
    const out = augmentInertial(x, { ...INERTIAL, turn: { angle: 3, axis: 1 } }, Rng.fromSeed(12));
    for (let i = 1; i < x.length; i += 3) expect(out[i]).toBeCloseTo(x[i] ?? 0, 6);
    expect(out[0]).not.toBeCloseTo(x[0] ?? 0, 2);
  });

  it("silences one vector in all rows", () => {
    const out = augmentInertial(x, { ...INERTIAL, drop: 1 }, Rng.fromSeed(13));
    const silent = norms(out).map((norm) => norm === 0);
    expect(silent.filter((_, i) => i % 2 === 0).every(Boolean)).toBe(silent[0]);
    expect(silent.filter(Boolean)).toHaveLength(20);
  });
});

describe("augmentSpectrum", () => {
  it("loses one date of a series, never the only one", () => {
    const out = augmentSpectrum(x, { ...SPECTRUM, dropRow: 1 }, Rng.fromSeed(14));
    const empty = Array.from({ length: 20 }, (_, row) =>
      out.subarray(row * 6, row * 6 + 6).every((value) => value === 0),
    );
    expect(empty.filter(Boolean)).toHaveLength(1);
    const single = x.subarray(0, 6);
    const kept = augmentSpectrum(single, { ...SPECTRUM, dropRow: 1 }, Rng.fromSeed(15));
    expect([...kept]).toEqual(close(single));
  });

  it("tilts the ends against each other and leaves the middle", () => {
    const flat = new Float32Array(5).fill(2);
    const out = augmentSpectrum(flat, { ...SPECTRUM, bands: 5, tilt: 0.5 }, Rng.fromSeed(16));
    expect(out[2]).toBeCloseTo(2, 6);
    expect((out[0] ?? 0) + (out[4] ?? 0)).toBeCloseTo(4, 5);
    expect(out[0]).not.toBeCloseTo(2, 2);
  });
});

describe("warpedPlaces", () => {
  it("ascends, and stays inside the series", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (seed, rows, crop, pace) => {
          const places = warpedPlaces(rows, { crop, pace }, Rng.fromSeed(seed));
          expect(places).toHaveLength(rows);
          expect(places[0]).toBeGreaterThanOrEqual(0);
          expect(places.at(-1)).toBeLessThanOrEqual(rows - 1 + 1e-9);
          for (const [i, place] of places.entries())
            if (i > 0) expect(place).toBeGreaterThanOrEqual(places[i - 1] ?? 0);
        },
      ),
    );
  });

  it("reads a line back as a line", () => {
    const line = Float32Array.from({ length: 10 }, (_, i) => 2 * i);
    const places = warpedPlaces(10, { crop: 0.3, pace: 0.4 }, Rng.fromSeed(17));
    expect([...resampleTime(line, 1, places)]).toEqual(
      places.map((place) => expect.closeTo(2 * place, 4)),
    );
  });
});

describe("roughNormal", () => {
  it("has the mean, deviation and flatness of noise", () => {
    const rng = Rng.fromSeed(18);
    const drawn = Array.from({ length: 20_000 }, () => roughNormal(rng, 2));
    const moment = (power: number): number =>
      drawn.reduce((sum, value) => sum + value ** power, 0) / drawn.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(4, 0);
    expect(moment(4) / moment(2) ** 2).toBeCloseTo(2.7, 1);
  });
});
