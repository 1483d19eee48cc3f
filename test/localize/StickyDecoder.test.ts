import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { StickyDecoder } from "../../src/localize/StickyDecoder.ts";
import { Rng } from "../../src/tensor/Rng.ts";

const UNIFORM = { prior: [0.5, 0.5], priorExponent: 0, lagRows: 3 };

/** Log-probabilities that favour `state` by `nats`. */
const favour = (state: number, nats: number): number[] =>
  [0, 1].map((other) => (other === state ? 0 : -nats));

describe("StickyDecoder", () => {
  it("stays through a doubtful row and changes for lasting evidence", () => {
    const decoder = new StickyDecoder({ ...UNIFORM, switchCost: 4 });
    const paths = [0, 0, 1, 0, 1, 1, 1].map((state) => decoder.push(favour(state, 3)).recent);
    expect(paths[2]).toEqual([0, 0, 0]);
    expect(paths[3]?.at(-1)).toBe(0);
    expect(paths[6]).toEqual([1, 1, 1]);
  });

  it("settles each row once, lagRows after it came", () => {
    const decoder = new StickyDecoder({ ...UNIFORM, switchCost: 0 });
    const states = [0, 1, 1, 0, 1, 0, 0];
    const settled = states.map((state) => decoder.push(favour(state, 2)).settled);
    expect(settled).toEqual([undefined, undefined, undefined, 0, 1, 1, 0]);
  });

  it("finds the likeliest path of all, as trying every path does", () => {
    const rng = Rng.fromSeed(8);
    for (let trial = 0; trial < 30; trial++) {
      const rows = Array.from({ length: 6 }, () => [rng.normal(0, 3), rng.normal(0, 3)]);
      const decoder = new StickyDecoder({ ...UNIFORM, switchCost: 2, lagRows: 10 });
      const recent = rows.map((row) => decoder.push(row).recent).at(-1);
      let [best, bestScore] = [0, -Infinity];
      for (let path = 0; path < 64; path++) {
        let score = 0;
        for (const [t, row] of rows.entries()) {
          const state = (path >> t) & 1;
          score += row[state] ?? 0;
          if (t > 0 && state !== ((path >> (t - 1)) & 1)) score -= 2;
        }
        if (score > bestScore) [best, bestScore] = [path, score];
      }
      expect(recent).toEqual(rows.map((_, t) => (best >> t) & 1));
    }
  });

  it("divides the prior out", () => {
    const shares = { prior: [0.9, 0.1], switchCost: 0, lagRows: 3 };
    const row = [Math.log(0.6), Math.log(0.4)];
    expect(new StickyDecoder({ ...shares, priorExponent: 0 }).push(row).recent).toEqual([0]);
    expect(new StickyDecoder({ ...shares, priorExponent: 0.5 }).push(row).recent).toEqual([1]);
  });

  it("keeps its scores small however long the stream", () => {
    const decoder = new StickyDecoder({ ...UNIFORM, switchCost: 4 });
    for (let row = 0; row < 100_000; row++) decoder.push([-20, -25]);
    expect(decoder.push(favour(1, 30)).recent.at(-1)).toBe(1);
  });

  it("refuses a negative cost, a lag of 0 and an empty prior", () => {
    expect(() => new StickyDecoder({ ...UNIFORM, switchCost: -1 })).toThrow(ConfigError);
    expect(() => new StickyDecoder({ ...UNIFORM, switchCost: 1, lagRows: 0 })).toThrow(ConfigError);
    expect(() => new StickyDecoder({ ...UNIFORM, switchCost: 1, prior: [] })).toThrow(ConfigError);
  });
});
