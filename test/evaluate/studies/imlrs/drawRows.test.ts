import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../../src/errors.ts";
import { drawRows } from "../../../../src/evaluate/studies/imlrs/drawRows.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

const LABELS = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, -1);

describe("drawRows", () => {
  it("gives every labelled row once before any comes again, across batches", () => {
    const next = drawRows(Rng.fromSeed(1), LABELS, { batch: 4, classes: undefined });
    const rows = [...next(), ...next(), ...next(), ...next()];
    expect(rows.slice(0, 8).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(rows.slice(8).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(rows.slice(0, 8)).not.toEqual(rows.slice(8));
  });

  it("gives classes equally often when asked to, each in epochs of its own", () => {
    const next = drawRows(Rng.fromSeed(1), LABELS, { batch: 6, classes: 3 });
    const rows = [...next(), ...next()];
    expect(rows.filter((row) => LABELS[row] === 1)).toHaveLength(6);
    expect(rows.filter((row) => LABELS[row] === 0).toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("refuses labels of which none counts", () => {
    expect(() =>
      drawRows(Rng.fromSeed(1), Int32Array.of(-1, -1), { batch: 1, classes: undefined }),
    ).toThrow(ConfigError);
  });
});
