import { describe, expect, it } from "vitest";

import type { GmcBench, Instants } from "../../../../src/evaluate/studies/gmc/GmcTask.ts";
import { heldFeeds } from "../../../../src/evaluate/studies/gmc/heldFeeds.ts";
import { type HostTensor, hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

const NAMES = ["left", "right"] as const;
const COUNT = 12;

/** Row i of `left` holds i + 1, of `right` 100 + i. */
const train: Instants = {
  count: COUNT,
  labels: Int32Array.from({ length: COUNT }, (_, i) => i),
  inputs: (rows) =>
    Object.fromEntries(
      NAMES.map((name, m): [string, HostTensor<"float32">] => [
        name,
        hostTensor(
          Float32Array.from(rows, (row) => (m === 0 ? row + 1 : 100 + row)),
          [rows.length, 1],
        ),
      ]),
    ),
};
const bench: GmcBench = {
  config: {
    modalities: NAMES.map((name) => ({ name, shape: [1], layers: [] })),
    width: 2,
    head: { hidden: [], activation: "none", embedding: 2 },
    temperature: 0.1,
    presence: true,
  },
  classes: COUNT,
  batch: 4,
  rate: 1e-3,
  load: () => Promise.reject(new Error("the test loads nothing")),
};
const present = {
  left: Float32Array.from({ length: COUNT }, (_, i) => (i % 3 === 0 ? 0 : 1)),
  right: Float32Array.from({ length: COUNT }, (_, i) => (i % 3 === 1 ? 0 : 1)),
};

interface Fed {
  readonly y: Int32Array;
  readonly inputs: Record<string, HostTensor<"float32">>;
  readonly held: Record<string, HostTensor<"float32">>;
  readonly present: Record<string, Float32Array>;
  readonly shown: Record<string, Float32Array>;
}

describe("heldFeeds", () => {
  it("feeds 0 for what is absent, and holds the last one that was there", () => {
    const feeds = heldFeeds(bench, train, present, Rng.fromSeed(1));
    const last = new Map<string, number>();
    let hidden = 0;
    for (let step = 0; step < 30; step++) {
      const fed = feeds() as unknown as Fed;
      for (const [m, name] of NAMES.entries())
        fed.y.forEach((row, i) => {
          const own = m === 0 ? row + 1 : 100 + row;
          const isThere = present[name][row] === 1;
          expect(fed.present[name]?.[i]).toBe(isThere ? 1 : 0);
          expect(fed.inputs[name]?.data[i]).toBe(isThere ? own : 0);
          expect(fed.held[name]?.data[i]).toBe(last.get(name) ?? (isThere ? own : 0));
          if (isThere) last.set(name, own);
          if (!isThere) expect(fed.shown[name]?.[i]).toBe(0);
          // Flags are lowered on complete instants alone: those of rows 2, 5, 8 and 11.
          const isHidden = isThere && fed.shown[name]?.[i] === 0;
          if (isHidden) expect(row % 3).toBe(2);
          if (isHidden) hidden++;
        });
    }
    expect(hidden).toBeGreaterThan(5);
    expect(hidden).toBeLessThan(40);
  });
});
