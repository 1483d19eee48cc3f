import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { Rng } from "../../src/tensor/Rng.ts";

const take = (rng: Rng, count: number): number[] =>
  Array.from({ length: count }, () => rng.nextUint32());

describe("Rng", () => {
  it("is xoshiro128**: known outputs from a known state", () => {
    // The authors' C code (prng.di.unimi.it/xoshiro128starstar.c), compiled and run with s = {1, 2, 3, 4}.
    expect(take(Rng.fromState([1, 2, 3, 4]), 8)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849,
    ]);
  });

  it("gives the same numbers for a seed, others for another, and resumes from a state", () => {
    const a = Rng.fromSeed(42);
    expect(take(a, 5)).toEqual(take(Rng.fromSeed(42), 5));
    expect(take(Rng.fromSeed(42), 5)).not.toEqual(take(Rng.fromSeed(43), 5));
    expect(take(Rng.fromSeed(1), 5)).not.toEqual(take(Rng.fromSeed(1 + 2 ** 32), 5));
    const resumed = Rng.fromState(a.state);
    expect(take(resumed, 5)).toEqual(take(a, 5));
  });

  it("draws uniform and normal numbers with the moments they should have", () => {
    const rng = Rng.fromSeed(3);
    const uniform = rng.uniformArray(20_000, -1, 3);
    const normal = rng.normalArray(20_000, 5, 2);
    const mean = (x: Float32Array): number => x.reduce((sum, value) => sum + value, 0) / x.length;
    const deviation = (x: Float32Array): number => {
      const centre = mean(x);
      return Math.sqrt(mean(x.map((value) => (value - centre) ** 2)));
    };
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...uniform)).toBeLessThan(3);
    expect(mean(uniform)).toBeCloseTo(1, 1);
    expect(deviation(uniform)).toBeCloseTo(4 / Math.sqrt(12), 1);
    expect(mean(normal)).toBeCloseTo(5, 1);
    expect(deviation(normal)).toBeCloseTo(2, 1);
  });

  it("draws no float32 that is the upper end of its range, though doubles are rounded up to it", () => {
    // This state's next two words are all ones: 1 − 2⁻⁵³, which is nearest to 1 among float32 numbers.
    const state = [1, 0x831c71c7, 1, 0];
    expect(Rng.fromState(state).uniform()).toBe(1 - 2 ** -53);
    expect(
      Rng.fromState(state)
        .uniformArray(4)
        .every((value) => value < 1),
    ).toBe(true);
  });

  it("draws again what lies beyond the last whole block of a wide range", () => {
    const span = 2 ** 31 + 1;
    const words = Rng.fromSeed(4);
    const rng = Rng.fromSeed(4);
    for (let i = 0; i < 50; i++) {
      let word = words.nextUint32();
      while (word >= span) word = words.nextUint32();
      expect(rng.int(-3, span - 3)).toBe(word - 3);
    }
  });

  it("draws integers of its range equally often and refuses an empty range", () => {
    const rng = Rng.fromSeed(9);
    const counts = new Int32Array(5);
    for (let i = 0; i < 10_000; i += 1) {
      const index = rng.int(-2, 3) + 2;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
    expect(() => rng.int(3, 3)).toThrow(ConfigError);
    expect(() => Rng.fromSeed(0.5)).toThrow(ConfigError);
    expect(() => Rng.fromState([0, 0, 0, 0])).toThrow(ConfigError);
  });

  it("shuffles in place without losing an item, every order being possible", () => {
    const orders = new Set<string>();
    const rng = Rng.fromSeed(5);
    for (let i = 0; i < 200; i += 1) {
      const items = rng.shuffle([1, 2, 3]);
      expect([...items].sort()).toEqual([1, 2, 3]);
      orders.add(items.join());
    }
    expect(orders.size).toBe(6);
  });

  it("forks by name without drawing, each name its own numbers", () => {
    const rng = Rng.fromSeed(1);
    const before = rng.state;
    const [a, b] = [rng.fork("a"), rng.fork("b")];
    expect(rng.state).toEqual(before);
    expect(take(a, 4)).toEqual(take(Rng.fromSeed(1).fork("a"), 4));
    expect(take(rng.fork("a"), 4)).not.toEqual(take(b, 4));
    expect(take(rng.fork("layer1"), 1)).not.toEqual(take(rng.fork("layer2"), 1));
  });
});
