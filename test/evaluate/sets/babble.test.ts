import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { mixNoise } from "../../../src/evaluate/sets/babble.ts";
import { GRID_SAMPLES } from "../../../src/evaluate/sets/gridAv.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

/** Six sentences, each a tone of its own. */
const tones = (amplitude: number): Int16Array =>
  Int16Array.from({ length: 6 * GRID_SAMPLES }, (_, i) =>
    Math.round(amplitude * Math.sin(i * 0.01 * (1 + Math.floor(i / GRID_SAMPLES)))),
  );
const power = (sound: ArrayLike<number>): number =>
  Array.from(sound).reduce((sum, value) => sum + value * value, 0) / sound.length;

describe("mixNoise", () => {
  const pcm = tones(2_000);
  const speech = pcm.subarray(0, GRID_SAMPLES);

  it.each([
    { kind: "babble", snrDb: 10 },
    { kind: "babble", snrDb: -5 },
    { kind: "white", snrDb: 0 },
  ] as const)("lays $kind under the sentence at $snrDb dB", ({ kind, snrDb }) => {
    const mixed = mixNoise(pcm, 0, { kind, snrDb, rng: Rng.fromSeed(1) });
    const noise = Float64Array.from(mixed, (value, i) => value - (speech[i] ?? 0));
    expect(10 * Math.log10(power(speech) / power(noise))).toBeCloseTo(snrDb, 1);
  });

  it("gives the same mix for the same seed and another one for another seed", () => {
    const mix = (seed: number): Int16Array =>
      mixNoise(pcm, 2, { kind: "babble", snrDb: 0, rng: Rng.fromSeed(seed) });
    expect(mix(1)).toEqual(mix(1));
    expect(mix(1)).not.toEqual(mix(2));
  });

  it("mixes four sentences other than the one that speaks", () => {
    // The speaker's own sentence alone is loud: heard in the noise, it would be most of it.
    const loud = Int16Array.from(pcm, (value, i) => (i < GRID_SAMPLES ? value * 5 : value));
    const rng = Rng.fromSeed(3);
    const mixed = mixNoise(loud, 0, { kind: "babble", snrDb: 0, rng });
    const own = loud.subarray(0, GRID_SAMPLES);
    const noise = Float64Array.from(mixed, (value, i) => value - (own[i] ?? 0));
    let product = 0;
    for (let i = 0; i < GRID_SAMPLES; i++) product += (own[i] ?? 0) * (noise[i] ?? 0);
    const likeness = product / GRID_SAMPLES / Math.sqrt(power(own) * power(noise));
    expect(Math.abs(likeness)).toBeLessThan(0.05);
  });

  it("turns the mix down rather than clip it", () => {
    const loud = tones(30_000);
    const mixed = mixNoise(loud, 0, { kind: "babble", snrDb: -10, rng: Rng.fromSeed(4) });
    const peak = mixed.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(peak).toBeGreaterThan(32_000);
    expect(mixed.filter((value) => Math.abs(value) >= 32_767).length).toBeLessThan(5);
  });

  it("refuses a sentence that is not there and too few others", () => {
    const options = { kind: "babble", snrDb: 0, rng: Rng.fromSeed(1) } as const;
    expect(() => mixNoise(pcm, 6, options)).toThrow(ConfigError);
    expect(() => mixNoise(pcm.subarray(0, 4 * GRID_SAMPLES), 0, options)).toThrow(ConfigError);
  });
});
