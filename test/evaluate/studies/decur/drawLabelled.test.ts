import fc from "fast-check";
import { expect, it } from "vitest";

import { drawLabelled } from "../../../../src/evaluate/studies/decur/drawLabelled.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

const labelsOf = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 1, maxLength: 200 });

it("takes every class in proportion, none twice, at least one of each, none without a label", () => {
  fc.assert(
    fc.property(labelsOf, fc.constantFrom(0.01, 0.1, 0.5), fc.integer(), (list, fraction, seed) => {
      const labels = Int32Array.from(list);
      const rows = drawLabelled(labels, fraction, Rng.fromSeed(seed));
      expect(new Set(rows).size).toBe(rows.length);
      for (let label = 0; label <= 4; label++) {
        const all = list.filter((each) => each === label).length;
        const taken = rows.filter((row) => labels[row] === label).length;
        expect(taken).toBe(all === 0 ? 0 : Math.max(1, Math.round(all * fraction)));
      }
      expect(rows.every((row) => (labels[row] ?? -1) >= 0)).toBe(true);
    }),
  );
});

it("takes all labelled rows at 1, and other rows for another seed", () => {
  const labels = Int32Array.from({ length: 60 }, (_, i) => (i % 4) - 1);
  const draw = (fraction: number, seed: number): number[] =>
    drawLabelled(labels, fraction, Rng.fromSeed(seed));
  expect(draw(1, 1)).toEqual([...labels.keys()].filter((row) => row % 4 !== 0));
  expect(draw(0.2, 1)).toEqual(draw(0.2, 1));
  expect(draw(0.2, 1)).not.toEqual(draw(0.2, 2));
});
