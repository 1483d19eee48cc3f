import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
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

describe("a stretch of rows that hold several instants", () => {
  const rows = 40;
  const PER_ROW = 4;
  // A clock that ticks once an instant, and a stream that is not looked at.
  const x = Float32Array.from({ length: PER_ROW * rows }, (_, i) => i);
  const present = new Float32Array(rows).fill(1);
  const clock = { size: PER_ROW, x, present };
  const other = { size: 3, x: new Float32Array(3 * rows), present };
  const [wide, ahead] = [{ ...TINY, streams: TINY.streams.slice(0, 1) }, 2];
  const config = {
    ...{ ...wide, lookAheadRows: ahead },
    streams: wide.streams.map((stream) => ({ ...stream, size: PER_ROW })),
  };
  const FROM = 10;
  const fill = (labels: Int32Array, perRow: number) => {
    const line: RowLine = { rows, labels, streams: { a: clock, b: other } };
    const rng = Rng.fromSeed(2);
    const stretches = Array.from({ length: 8 }, () => ({ line, from: FROM }));
    return fillBatch(stretches, config, () => rng.uniform(), {
      ...{ rows: ROWS, stretches: 8, warmUp: 0, keep: {}, dropout: 0, warp: 0.25 },
      augment: { a: { perRow } },
    });
  };

  it("runs faster or slower instant by instant, not row by row", () => {
    const { streams } = fill(new Int32Array(rows), PER_ROW);
    const filled = streams["a"]?.x ?? new Float32Array(0);
    const each = ROWS * PER_ROW;
    const paces = new Set<number>();
    for (let at = 0; at < 8; at++) {
      const own = filled.subarray(at * each, (at + 1) * each);
      const pace = (own[1] ?? 0) - (own[0] ?? 0);
      for (let i = 0; i < each; i++) expect(own[i]).toBeCloseTo(FROM * PER_ROW + i * pace, 3);
      paces.add(Math.round(100 * pace));
    }
    expect(paces.size).toBeGreaterThan(4);
  });

  it("is about what lies the look-ahead before it, at any pace", () => {
    // A row is labelled with the instant that it is about.
    const labels = Int32Array.from({ length: rows }, (_, row) => row - ahead);
    const { labels: filled, streams } = fill(labels, PER_ROW);
    for (let row = 0; row < 8 * ROWS; row++) {
      const at = Math.floor(row / ROWS) * ROWS;
      const starts = Array.from(streams["a"]?.x ?? []).filter((_, i) => i % PER_ROW === 0);
      const pace = ((starts[at + 1] ?? 0) - (starts[at] ?? 0)) / PER_ROW;
      const about = FROM + (row - at - ahead) * pace;
      expect(Math.abs((filled[row] ?? 0) - about)).toBeLessThanOrEqual(0.5 + 1e-3);
    }
  });

  it("refuses instants that rows do not hold in whole", () => {
    expect(() => fill(new Int32Array(rows), 3)).toThrow(ConfigError);
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

describe("the start of a stretch", () => {
  const [rows, ahead, warmUp] = [20, 2, 3];
  const labels = new Int32Array(rows).fill(1, 8, 14);
  const still = (size: number) => ({
    size,
    x: new Float32Array(rows * size),
    present: new Float32Array(rows).fill(1),
  });
  const line: RowLine = { rows, labels, streams: { a: still(2), b: still(3) } };
  const learntOf = (from: number): readonly number[] => {
    const config = { ...TINY, lookAheadRows: ahead };
    const options = { rows: ROWS, stretches: 1, warmUp, keep: {}, dropout: 0 };
    return [...fillBatch([{ line, from }], config, Math.random, options).weights];
  };

  it("is learnt where it is one: in silence, and nothing sensed of an event yet", () => {
    expect(learntOf(0)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(learntOf(5)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it("is not learnt within an event, nor where one has begun that the answers are not about yet", () => {
    for (const from of [6, 8, 12]) expect(learntOf(from)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(learntOf(14)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe("outages in training", () => {
  it("take a stream away from itself and from the joint, each by itself", () => {
    const rng = Rng.fromSeed(8);
    const stretches = Array.from({ length: 200 }, () => ({ line: LINE, from: 0 }));
    const { streams } = fillBatch(stretches, TINY, () => rng.uniform(), {
      ...{ rows: ROWS, stretches: 200, warmUp: 0, keep: {}, dropout: 0, outages: 0.3 },
    });
    const [a, b] = [streams["a"], streams["b"]];
    expect(a?.joint).toEqual(a?.present);
    const share = (present: ArrayLike<number> = []): number =>
      Array.from(present).reduce((sum, value) => sum + value, 0) / present.length;
    expect(share(a?.present)).toBeGreaterThan(0.6);
    expect(share(a?.present)).toBeLessThan(0.95);
    expect(share(b?.present)).toBeLessThan(0.95);
    expect(a?.present).not.toEqual(b?.present);
    const missesFirst = Array.from({ length: 200 }, (_, at) => a?.present[at * ROWS] === 0);
    expect(missesFirst.filter(Boolean).length).toBeGreaterThan(30);
  });
});
