import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { SLOT_NAMES } from "../../pipelines/talking-face/corpus/grammar.ts";
import { readGridClips } from "../../pipelines/talking-face/corpus/gridClips.ts";
import { ModelError } from "../../src/errors.ts";

const directory = join(process.env["SENSORIUM_DATA"] ?? "../shared/data", "grid_av");
const there = existsSync(join(directory, "meta.json"));

describe("readGridClips", () => {
  it("says what is missing and how to name it", async () => {
    const reading = readGridClips({ directory: "nowhere", split: "dev" });
    await expect(reading).rejects.toThrow(ModelError);
    await expect(reading).rejects.toThrow("--data");
  });

  it.skipIf(!there)(
    `gives sentences with sound, pictures and words (skipped without ${directory})`,
    async () => {
      const clips = await readGridClips({ directory, split: "dev", offset: 3, limit: 5 });
      expect(clips.map(({ name }) => name)).toEqual([3, 4, 5, 6, 7].map((at) => `grid/dev/${at}`));
      for (const { pcm, mouth, words, durationMs } of clips) {
        expect(durationMs).toBe(3_000);
        expect(pcm).toHaveLength(48_000);
        expect(mouth).toHaveLength(75 * 560);
        expect(words.map(({ slot }) => slot)).toEqual(SLOT_NAMES);
        const loudness = (from: number, to: number): number =>
          pcm.subarray(from * 16, to * 16).reduce((sum, value) => sum + Math.abs(value), 0) /
          (to - from);
        const [first, last] = [words[0]?.fromMs ?? 0, words[5]?.toMs ?? 0];
        expect(loudness(first, last)).toBeGreaterThan(3 * loudness(0, first - 100));
        const mean = mouth.reduce((sum, grey) => sum + grey, 0) / mouth.length;
        expect(mean).toBeGreaterThan(100);
        expect(mean).toBeLessThan(190);
      }
    },
  );
});
