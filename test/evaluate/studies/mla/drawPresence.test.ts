import { describe, expect, it } from "vitest";

import { drawPresence, rowsWith } from "../../../../src/evaluate/studies/mla/drawPresence.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";

describe("drawPresence", () => {
  it.each([
    { rate: 0, modalities: 3, kept: 1 },
    { rate: 0.2, modalities: 3, kept: 0.8 },
    { rate: 0.4, modalities: 4, kept: 0.6 },
    { rate: 0.8, modalities: 3, kept: 1 / 3 }, // one of three is the least
    { rate: 0.8, modalities: 4, kept: 0.25 },
  ])("keeps $kept of $modalities at a missing rate of $rate", ({ rate, modalities, kept }) => {
    const present = drawPresence(4_000, modalities, rate, Rng.fromSeed(1));
    const share = present.reduce((sum, value) => sum + value, 0) / present.length;
    expect(share).toBeCloseTo(kept, 2);
    for (let row = 0; row < 4_000; row++)
      expect(present.subarray(row * modalities, (row + 1) * modalities)).toContain(1);
    for (let m = 0; m < modalities; m++)
      expect(rowsWith(present, modalities, m).length / 4_000).toBeCloseTo(kept, 1);
  });
});
