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

describe("a stretch that is run faster or slower", () => {
  it("has its changes from row to row grow with the pace, and nothing else", () => {
    const rows = 40;
    // A place that moves by 3 a row, and that change itself.
    const x = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 1.5 * i : 3));
    const present = new Float32Array(rows).fill(1);
    const a = { size: 2, x, present };
    const b = { size: 3, x: new Float32Array(3 * rows), present };
    const line: RowLine = { rows, labels: new Int32Array(rows), streams: { a, b } };
    const rng = Rng.fromSeed(2);
    const stretches = Array.from({ length: 8 }, () => ({ line, from: 4 }));
    const { streams } = fillBatch(stretches, TINY, () => rng.uniform(), {
      ...{ rows: ROWS, stretches: 8, warmUp: 0, keep: {}, dropout: 0, warp: 0.25 },
      augment: { a: { changes: [1, 2] } },
    });
    const filled = streams["a"]?.x ?? new Float32Array(0);
    const changes = new Set<number>();
    for (let i = 2; i < filled.length; i += 2) {
      if ((i / 2) % ROWS === 0) continue;
      expect(filled[i + 1]).toBeCloseTo((filled[i] ?? 0) - (filled[i - 2] ?? 0), 4);
      changes.add(Math.round(100 * (filled[i + 1] ?? 0)));
    }
    expect(changes.size).toBeGreaterThan(4);
  });
});

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
