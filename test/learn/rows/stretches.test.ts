import { describe, expect, it } from "vitest";

import type { RowLine } from "../../../src/learn/rows/RowLine.ts";
import { fillBatch } from "../../../src/learn/rows/stretches.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { TINY } from "../../support/tinyModel.ts";

const ROWS = 6;
const still = (size: number) => ({
  size,
  x: new Float32Array(ROWS * size),
  present: new Float32Array(ROWS).fill(1),
});
const LINE: RowLine = {
  rows: ROWS,
  labels: new Int32Array(ROWS),
  streams: { a: still(2), b: still(3) },
};

describe("an offset in training", () => {
  it("is another for every feature and stretch, the same in all rows of a stretch", () => {
    const rng = Rng.fromSeed(6);
    const stretches = Array.from({ length: 400 }, () => ({ line: LINE, from: 0 }));
    const { streams } = fillBatch(stretches, TINY, () => rng.uniform(), {
      ...{ rows: ROWS, stretches: 400, warmUp: 0, keep: {}, dropout: 0 },
      augment: { a: { offset: 0.5 } },
    });
    const x = streams["a"]?.x ?? new Float32Array(0);
    for (let at = 0; at < 400; at++)
      for (let row = 1; row < ROWS; row++)
        for (const feature of [0, 1])
          expect(x[(at * ROWS + row) * 2 + feature]).toBe(x[at * ROWS * 2 + feature]);
    expect(x[0]).not.toBe(x[1]);
    const firsts = Array.from({ length: 400 }, (_, at) => x[at * ROWS * 2] ?? 0);
    const deviation = Math.sqrt(firsts.reduce((sum, value) => sum + value ** 2, 0) / 400);
    expect(deviation).toBeGreaterThan(0.44);
    expect(deviation).toBeLessThan(0.56);
    expect(streams["b"]?.x.every((value) => value === 0)).toBe(true);
  });
});
