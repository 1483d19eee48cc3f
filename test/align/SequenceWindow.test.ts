import fc from "fast-check";
import { expect, it } from "vitest";

import { SequenceWindow } from "../../src/align/SequenceWindow.ts";

it("tells exactly what came before, in any order, of the last few epochs", () => {
  const pair = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 60 }));
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 300, size: "max" }), (pairs) => {
      const window = new SequenceWindow();
      const seen = new Set<string>();
      for (const [epoch, sequence] of pairs) {
        expect(window.add(epoch, sequence)).toBe(!seen.has(`${epoch} ${sequence}`));
        seen.add(`${epoch} ${sequence}`);
      }
    }),
  );
});

it("remembers as one span what came without gaps, however it came", () => {
  const sequences = fc.shuffledSubarray(
    Array.from({ length: 40 }, (_, i) => i),
    { minLength: 40 },
  );
  fc.assert(
    fc.property(sequences, (order) => {
      const window = new SequenceWindow();
      for (const sequence of order) window.add(7, sequence);
      expect(window.snapshot()).toEqual([{ epoch: 7, froms: [0], tos: [40] }]);
    }),
  );
});

it("is bounded: the oldest spans and epochs are forgotten first", () => {
  const window = new SequenceWindow();
  for (let i = 0; i < 10_000; i++) window.add(1, i * 2);
  expect(window.snapshot()[0]?.froms).toHaveLength(256);
  expect(window.add(1, 19_998)).toBe(false);
  for (const epoch of [2, 3, 4, 5]) window.add(epoch, 0);
  expect(window.snapshot().map(({ epoch }) => epoch)).toEqual([5, 4, 3, 2]);
  expect(window.add(1, 19_998)).toBe(true);
});
