import { describe, expect, it } from "vitest";

import { augmentRows, normal } from "../../../src/learn/rows/augmentRows.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

const always = (value: number) => () => value;

describe("augmentRows", () => {
  it("turns the pairs it is told by one angle and leaves the rest", () => {
    const x = Float32Array.of(1, 0, 7, 0, 2, 7);
    // A draw of 1 would be the whole angle: +90 degrees.
    augmentRows(x, 3, { turn: { degrees: 90, pairs: [[0, 1]] } }, always(1));
    for (const [at, value] of [0, 1, 7, -2, 0, 7].entries()) expect(x[at]).toBeCloseTo(value, 6);
  });

  it("moves every plane of every row alike, repeating the border", () => {
    const x = Float32Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60);
    const shift = { shape: [1, 2, 3], down: 0, across: 1 } as const;
    augmentRows(x, 6, { shift }, always(0.99));
    expect([...x]).toEqual([1, 1, 2, 4, 4, 5, 10, 10, 20, 40, 40, 50]);
    augmentRows(x, 6, { shift }, always(0));
    expect([...x]).toEqual([1, 2, 2, 4, 5, 5, 10, 20, 20, 40, 50, 50]);
    augmentRows(x, 6, { shift }, always(0.5));
    expect([...x]).toEqual([1, 2, 2, 4, 5, 5, 10, 20, 20, 40, 50, 50]);
  });

  it("moves pictures by parts of a step and makes them larger about their middle, where zoom is given", () => {
    const still = { shape: [1, 1, 5], down: 0, across: 0, zoom: 0 } as const;
    const x = Float32Array.of(0, 0, 4, 0, 0);
    augmentRows(x, 5, { shift: still }, always(0.9));
    expect([...x]).toEqual([0, 0, 4, 0, 0]);
    augmentRows(x, 5, { shift: { ...still, across: 0.5 } }, always(1));
    expect([...x]).toEqual([0, 0, 2, 2, 0]);
    // Twice as large: what lay one step from the middle lies two steps from it.
    const ramp = Float32Array.of(-2, -1, 0, 1, 2, 10, 10, 10, 10, 10);
    augmentRows(ramp, 5, { shift: { ...still, zoom: 1 } }, always(1));
    expect([...ramp]).toEqual([-1, -0.5, 0, 0.5, 1, 10, 10, 10, 10, 10]);
    const upright = Float32Array.of(0, 6, 0);
    augmentRows(upright, 3, { shift: { ...still, shape: [1, 3, 1], down: 0.5 } }, always(0));
    expect([...upright]).toEqual([3, 3, 0]);
  });

  it("draws one gain for a whole stretch, between a half and one and a half", () => {
    const rng = Rng.fromSeed(1);
    for (let i = 0; i < 50; i++) {
      const x = Float32Array.of(2, 4, 8);
      augmentRows(x, 1, { gain: 0.5 }, () => rng.uniform());
      expect((x[1] ?? 0) / (x[0] ?? 1)).toBeCloseTo(2, 5);
      expect(x[0]).toBeGreaterThanOrEqual(1);
      expect(x[0]).toBeLessThanOrEqual(3);
    }
  });

  it("has noise of mean 0 and deviation 1", () => {
    const rng = Rng.fromSeed(2);
    const draws = Array.from({ length: 20_000 }, () => normal(() => rng.uniform()));
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + value ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
  });
});
