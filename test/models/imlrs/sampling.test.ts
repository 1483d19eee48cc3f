import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { drawCombination } from "../../../src/models/imlrs/drawCombination.ts";
import { drawMasks } from "../../../src/models/imlrs/drawMasks.ts";
import { drawTokenBudget } from "../../../src/models/imlrs/drawTokenBudget.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { TINY } from "./tinyNetwork.ts";

describe("drawCombination", () => {
  it.each([3, 4])("draws every subset of %i as often as the formula says, and never none", (M) => {
    const DRAWS = 40_000;
    const rng = Rng.fromSeed(17);
    const counts = new Map<string, number>();
    const all = Array.from({ length: M }, (_, index) => index);
    for (let i = 0; i < DRAWS; i++) {
      const subset = drawCombination(rng, all);
      counts.set(subset.join(), (counts.get(subset.join()) ?? 0) + 1);
    }
    expect(counts.has("")).toBe(false);
    expect(counts.size).toBe(2 ** M - 1);
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    for (const [subset, count] of counts) {
      const p = 1 / (M * choose(M, subset.split(",").length));
      const sigma = Math.sqrt(DRAWS * p * (1 - p));
      expect(Math.abs(count - DRAWS * p)).toBeLessThan(3 * sigma);
    }
  });

  it("refuses an empty list", () => {
    expect(() => drawCombination(Rng.fromSeed(1), [])).toThrow(ConfigError);
  });
});

describe("drawTokenBudget", () => {
  it("shows exactly the budget and of no modality more than it has", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (counts, share, seed) => {
          const total = counts.reduce((sum, count) => sum + count, 0);
          const budget = Math.max(1, Math.round(share * total));
          const masks = drawTokenBudget(Rng.fromSeed(seed), counts, budget);
          expect(masks.map((mask) => mask.length)).toEqual(counts);
          const shown = masks.flatMap((mask) => [...mask]);
          expect(shown.every((value) => value === 0 || value === 1)).toBe(true);
          expect(shown.reduce((sum, value) => sum + value, 0)).toBe(budget);
        },
      ),
    );
  });

  it("shares as the flat Dirichlet distribution does", () => {
    // methods/decur-imlrs.md, 2.5: M = 3, N = 256, budget 256: mean 85, 5 to 95 % = 6 to 199.
    const rng = Rng.fromSeed(2);
    const counts = Array.from({ length: 600 }, () =>
      [...(drawTokenBudget(rng, [256, 256, 256], 256)[0] ?? [])].reduce<number>(
        (sum, value) => sum + value,
        0,
      ),
    ).sort((a, b) => a - b);
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeCloseTo(85.3, -1.2);
    expect(Math.abs((counts[30] ?? 0) - 6)).toBeLessThan(4);
    expect(Math.abs((counts[570] ?? 0) - 199)).toBeLessThan(12);
  });

  it("refuses a budget of nothing or of more than there is", () => {
    for (const budget of [0, 6, 2.5])
      expect(() => drawTokenBudget(Rng.fromSeed(1), [2, 3], budget)).toThrow(ConfigError);
  });
});

describe("drawMasks", () => {
  const base = { batch: 8, combination: "random", keep: 1, perSample: true } as const;

  it("gives every sample something of what it has, and nothing of what it lacks", () => {
    const available = { alpha: [1, 0, 1, 0, 1, 0, 1, 0], gamma: [0, 0, 1, 1, 0, 0, 1, 1] };
    for (const perSample of [true, false])
      for (let seed = 0; seed < 20; seed++) {
        const masks = drawMasks(Rng.fromSeed(seed), TINY, { ...base, perSample, available });
        for (let row = 0; row < 8; row++) {
          const has = (name: string): number => masks[name]?.present[row] ?? 0;
          expect(has("alpha") + has("beta") + has("gamma")).toBeGreaterThan(0);
          expect(has("alpha")).toBeLessThanOrEqual(available.alpha[row] ?? 0);
          expect(has("gamma")).toBeLessThanOrEqual(available.gamma[row] ?? 0);
        }
      }
  });

  it("draws one combination for the whole batch, or one for every sample", () => {
    const patterns = (perSample: boolean): number =>
      Math.max(
        ...Array.from({ length: 10 }, (_, seed) => {
          const masks = drawMasks(Rng.fromSeed(seed), TINY, { ...base, perSample, keep: 0.5 });
          return new Set(
            Array.from({ length: 8 }, (_, row) =>
              Object.values(masks)
                .map(({ visible }) =>
                  visible
                    .slice(row * (visible.length / 8), (row + 1) * (visible.length / 8))
                    .join(""),
                )
                .join("|"),
            ),
          ).size;
        }),
      );
    expect(patterns(false)).toBe(1);
    expect(patterns(true)).toBeGreaterThan(3);
  });

  it("hides all but the share to keep, of the tokens of what is present", () => {
    const masks = drawMasks(Rng.fromSeed(3), TINY, { ...base, combination: "all", keep: 0.5 });
    const shown = Object.values(masks).flatMap(({ visible }) => [...visible]);
    expect(shown.reduce((sum, value) => sum + value, 0)).toBe(8 * 4);
    const all = drawMasks(Rng.fromSeed(3), TINY, { ...base, combination: "all" });
    expect(Object.values(all).every(({ visible }) => visible.every((value) => value === 1))).toBe(
      true,
    );
  });
});
