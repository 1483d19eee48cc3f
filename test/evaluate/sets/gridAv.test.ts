import { describe, expect, it } from "vitest";

import { ModelError } from "../../../src/errors.ts";
import { readGridAv } from "../../../src/evaluate/sets/gridAv.ts";
import { memorySet } from "./memorySet.ts";

const set = (digitWord: number) =>
  memorySet(
    {
      mouth_dev: { shape: [1, 75, 20, 28], data: new Uint8Array(42_000).fill(51) },
      logmel_dev: { shape: [1, 300, 40], data: new Uint8Array(12_000).fill(255) },
      pcm_mulaw_dev: { shape: [1, 48_000], data: new Uint8Array(48_000).fill(0xff) },
      words_dev: { shape: [2, 4], data: Int32Array.of(0, 1, 100, 400, 0, digitWord, 900, 1300) },
    },
    { vocabulary: ["sil", "bin", "three"] },
  );

describe("readGridAv", () => {
  it("decodes pictures to 0..1, sound to dB and samples, and knows the digit of each sentence", async () => {
    const { mouth, logMel, pcm, words, digits } = await readGridAv(set(2), "dev");
    expect(mouth.data[0]).toBeCloseTo(0.2, 6);
    expect(logMel.data[0]).toBe(-10);
    expect({ length: pcm.length, first: Math.abs(pcm[0] ?? 1) }).toEqual({
      length: 48_000,
      first: 0,
    });
    expect(words).toHaveLength(2);
    expect(digits).toEqual([{ sentence: 0, word: 2, fromMs: 900, toMs: 1300, label: 3 }]);
  });

  it("refuses a sentence without a digit", async () => {
    await expect(readGridAv(set(1), "dev")).rejects.toThrow(ModelError);
  });
});
