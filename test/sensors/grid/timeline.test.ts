import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { lineLength, timeline } from "../../../sensors/grid/timeline.ts";
import { ConfigError } from "../../../src/errors.ts";
import { micros, seconds } from "../../../src/units.ts";

const options = { sentences: 20, sentenceLength: seconds(3), seed: 7 };

describe("timeline", () => {
  it("says every sentence once, in order, on the video's grid, with gaps of at most 1.5 s", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 40 }), (seed, sentences) => {
        const segments = timeline({ ...options, sentences, seed });
        const said = segments.flatMap(({ sentence }) => (sentence === undefined ? [] : [sentence]));
        expect(said).toEqual([...Array(sentences).keys()]);
        let at = 0;
        for (const { from, to, sentence, index } of segments) {
          expect(from).toBe(at);
          expect(from % 40_000).toBe(0);
          expect(segments[index]?.from).toBe(from);
          if (sentence === undefined) expect(to - from).toBeLessThanOrEqual(1_500_000);
          else expect(to - from).toBe(3_000_000);
          expect(to).toBeGreaterThan(from);
          at = to;
        }
        expect(lineLength(segments)).toBe(at);
        expect(segments.at(-1)?.sentence).toBeUndefined();
      }),
    );
  });

  it("is the same for the same seed and another for another", () => {
    expect(timeline(options)).toEqual(timeline(options));
    expect(timeline({ ...options, seed: 8 })).not.toEqual(timeline(options));
  });

  it("does not move the first sentences when more follow", () => {
    const few = timeline({ ...options, sentences: 5 }).slice(0, -1);
    expect(timeline(options).slice(0, few.length)).toEqual(few);
  });

  it("refuses no sentences and lengths off the grid", () => {
    expect(() => timeline({ ...options, sentences: 0 })).toThrow(ConfigError);
    expect(() => timeline({ ...options, sentenceLength: micros(3_010_000) })).toThrow(ConfigError);
  });
});
