import { describe, expect, it } from "vitest";

import { drawAbsence, drawOutages } from "../../../src/learn/rows/outages.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

const rng = Rng.fromSeed(31);
const random = (): number => rng.uniform();

describe("drawOutages", () => {
  it("draws outages within the line, in order, apart", () => {
    for (let trial = 0; trial < 50; trial++) {
      let end = 0;
      for (const { from, to } of drawOutages(400, random, { everyRows: 30 })) {
        expect(from).toBeGreaterThan(end);
        expect(to).toBeGreaterThan(from);
        expect(to).toBeLessThanOrEqual(400);
        end = to;
      }
    }
  });
});

describe("drawAbsence", () => {
  const ROWS = 60;
  const DRAWN = 4_000;

  it("draws nothing, and no random number, where the chance is 0", () => {
    const never = (): number => {
      throw new Error("drew a number");
    };
    expect(drawAbsence(ROWS, 0, never)).toEqual([]);
  });

  it("is there late, and away later, as often as asked for, for half of the rows at most", () => {
    const drawn = Array.from({ length: DRAWN }, () => drawAbsence(ROWS, 0.2, random));
    const all = drawn.flat();
    const late = all.filter(({ from }) => from === 0);
    expect(late.length / DRAWN).toBeCloseTo(0.2, 1);
    expect((all.length - late.length) / DRAWN).toBeCloseTo(0.2, 1);
    for (const { from, to } of all) {
      expect(to).toBeGreaterThan(from);
      expect(to - from).toBeLessThanOrEqual(ROWS / 2);
      expect(to).toBeLessThanOrEqual(ROWS);
    }
    expect(Math.max(...late.map(({ to }) => to))).toBe(ROWS / 2);
  });
});
