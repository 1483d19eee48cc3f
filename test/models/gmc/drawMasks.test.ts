import { describe, expect, it } from "vitest";

import { drawMasks, maskSizes } from "../../../src/models/gmc/drawMasks.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { smallConfig } from "./small.ts";

const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;

describe("drawMasks", () => {
  it("has nothing to draw where nothing is dropped", () => {
    expect(maskSizes(smallConfig)).toBeUndefined();
  });

  it("drops features by chance and scales the rest to keep the mean", () => {
    const config = { ...smallConfig, dropout: 0.5 };
    const sizes = maskSizes(config);
    if (sizes === undefined) throw new Error("the test expects masks");
    expect(sizes).toEqual({
      modalities: { picture: 4, sequence: 12, vector: 4 },
      joint: [4, 12, 4],
    });
    const masks = drawMasks(config, sizes, 400, Rng.fromSeed(1));
    expect(new Set(masks.joint)).toEqual(new Set([0, 2]));
    expect(mean(masks.joint)).toBeCloseTo(1, 1);
    expect(masks.modalities["sequence"]).toHaveLength(4800);
  });

  it("leaves whole modalities out of the joint alone, never all of them", () => {
    const config = { ...smallConfig, modalityDropout: 0.7 };
    const sizes = maskSizes(config);
    if (sizes === undefined) throw new Error("the test expects masks");
    const masks = drawMasks(config, sizes, 300, Rng.fromSeed(2));
    for (const mask of Object.values(masks.modalities))
      expect(mask.every((v) => v === 1)).toBe(true);
    const seen = new Set<number>();
    for (let row = 0; row < 300; row++) {
      const blocks = [
        masks.joint.slice(row * 20, row * 20 + 4),
        masks.joint.slice(row * 20 + 4, row * 20 + 16),
        masks.joint.slice(row * 20 + 16, row * 20 + 20),
      ];
      for (const block of blocks) expect(new Set(block).size).toBe(1);
      const kept = blocks.filter((block) => (block[0] ?? 0) > 0);
      expect(kept.length).toBeGreaterThan(0);
      for (const block of kept) expect(block[0]).toBeCloseTo(3 / kept.length, 5);
      seen.add(kept.length);
    }
    expect(seen.size).toBe(3);
  });
});
