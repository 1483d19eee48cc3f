import { describe, expect, it } from "vitest";

import { gapPicture } from "../../../sensors/grid/gapPicture.ts";
import { gapSound, quietestPart } from "../../../sensors/grid/gapSound.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

/** White noise of a level. */
function noise(length: number, deviation: number, seed = 1): Int16Array {
  const rng = Rng.fromSeed(seed);
  return Int16Array.from({ length }, () => Math.round(rng.normal(0, deviation)));
}

function level(pcm: Int16Array): number {
  return Math.sqrt(pcm.reduce((sum, value) => sum + value * value, 0) / pcm.length);
}

describe("gapSound", () => {
  it("goes from the level of the one background to that of the other, without a dip", () => {
    const before = noise(3_200, 100);
    const after = noise(3_200, 400, 2);
    const sound = gapSound({ before, after, length: 24_000, rng: Rng.fromSeed(3) });
    expect(level(sound.subarray(0, 1_600))).toBeCloseTo(100, -1.5);
    expect(level(sound.subarray(-1_600)) / 400).toBeCloseTo(1, 0.9);
    const steady = gapSound({
      before,
      after: noise(3_200, 100, 2),
      length: 24_000,
      rng: Rng.fromSeed(3),
    });
    for (let at = 0; at < 24_000; at += 1_600)
      expect(level(steady.subarray(at, at + 1_600)) / 100).toBeGreaterThan(0.85);
    expect(level(steady.subarray(0, 160)) / 100).toBeGreaterThan(0.8);
    expect(level(steady.subarray(-160)) / 100).toBeGreaterThan(0.8);
  });

  it("keeps the colour of the background", () => {
    // A slow sine has neighbours that agree; white noise has not.
    const hum = Int16Array.from({ length: 3_200 }, (_, i) => 1_000 * Math.sin(i / 20));
    const sound = gapSound({ before: hum, length: 8_000, rng: Rng.fromSeed(4) });
    const pairs = sound.subarray(1).reduce((sum, value, i) => sum + value * (sound[i] ?? 0), 0);
    expect(pairs / sound.length / level(sound) ** 2).toBeGreaterThan(0.98);
  });

  it("does not repeat itself within a gap", () => {
    const sound = gapSound({ before: noise(3_200, 500), length: 24_000, rng: Rng.fromSeed(5) });
    for (let lag = 640; lag <= 6_400; lag += 320) {
      let sum = 0;
      for (let i = lag; i < sound.length; i++) sum += (sound[i] ?? 0) * (sound[i - lag] ?? 0);
      expect(Math.abs(sum / (sound.length - lag)) / level(sound) ** 2).toBeLessThan(0.25);
    }
  });

  it("is the same for the same seed, and silent where there is no background", () => {
    const gap = { before: noise(3_200, 500), length: 1_000 };
    const draw = (seed: number) => gapSound({ ...gap, rng: Rng.fromSeed(seed) });
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
    expect(level(gapSound({ length: 100, rng: Rng.fromSeed(1) }))).toBe(0);
  });

  it("takes the quietest 200 ms for the background", () => {
    const pcm = noise(48_000, 2_000);
    pcm.set(noise(4_000, 50), 20_000);
    const quiet = quietestPart(pcm);
    expect(quiet).toHaveLength(3_200);
    expect(level(quiet)).toBeLessThan(60);
    expect(quietestPart(pcm.subarray(0, 100))).toHaveLength(100);
  });
});

describe("gapPicture", () => {
  const rng = () => Rng.fromSeed(6);
  const dark = new Uint8Array(560).fill(50);
  const bright = new Uint8Array(560).fill(150);
  const mean = (picture: Uint8Array) => picture.reduce((a, b) => a + b, 0) / picture.length;

  it("turns the one face into the other as the gap goes by", () => {
    const at = (progress: number) =>
      mean(gapPicture({ before: dark, after: bright, progress, rng: rng() }));
    expect(at(0)).toBeCloseTo(50, 0);
    expect(at(0.5)).toBeCloseTo(100, 0);
    expect(at(1)).toBeCloseTo(150, 0);
  });

  it("holds the one face there is at either end of the line, never quite still", () => {
    const held = gapPicture({ after: bright, progress: 0.3, rng: rng() });
    expect(mean(held)).toBeCloseTo(150, 0);
    expect(new Set(held).size).toBeGreaterThan(1);
    expect(held.every((grey) => Math.abs(grey - 150) <= 2)).toBe(true);
    expect(mean(gapPicture({ before: dark, progress: 0.9, rng: rng() }))).toBeCloseTo(50, 0);
  });

  it("stays within black and white", () => {
    const white = new Uint8Array(560).fill(255);
    expect(Math.min(...gapPicture({ before: white, progress: 0, rng: rng() }))).toBeGreaterThan(
      250,
    );
  });
});
