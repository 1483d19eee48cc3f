import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Dejitter } from "../../src/clock/Dejitter.ts";
import { ConfigError } from "../../src/errors.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { hertz, type Micros, micros, seconds } from "../../src/units.ts";

const START = 1_700_000_000_000_000;
const rate = hertz(100);

/** True time of a frame of a stream of 100 Hz whose clock runs `ppm` slow. */
const truth = (sequence: number, ppm = 0): number => START + sequence * 10_000 * (1 + ppm * 1e-6);

const stamped = (time: number, rng: Rng, sigma: number): Micros =>
  micros(time + rng.normal(0, sigma));

describe("Dejitter", () => {
  it("B8: misses by less than 1 ms from 10 s on, at 100 Hz and a jitter of 5 ms", () => {
    const misses: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const rng = Rng.fromSeed(seed);
      const dejitter = new Dejitter({ rate });
      for (let n = 0; n < 3_000; n++) {
        const miss = dejitter.smooth(n, stamped(truth(n, 50), rng, 5_000)) - truth(n, 50);
        if (n >= 1_000) misses.push(Math.abs(miss));
      }
      expect(dejitter.active).toBe(true);
      expect(Math.abs(dejitter.ppm + 50)).toBeLessThan(40);
    }
    misses.sort((a, b) => a - b);
    expect(misses[Math.floor(misses.length * 0.99)]).toBeLessThan(1_000);
  });

  it("is not skewed by any loss: what comes is smoothed as if all had come", () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 0.9, noNaN: true }), (seed, loss) => {
        const rng = Rng.fromSeed(seed);
        const dejitter = new Dejitter({ rate });
        let worst = 0;
        for (let n = 0; n < 8_000; n++) {
          const stamp = stamped(truth(n, -100), rng, 1_000);
          // One hole of 20 s among the small ones.
          if (rng.uniform() < loss || (n > 3_000 && n < 5_000)) continue;
          const miss = dejitter.smooth(n, stamp) - truth(n, -100);
          if (n > 2_000) worst = Math.max(worst, Math.abs(miss));
        }
        expect(worst).toBeLessThan(1_000);
      }),
      { numRuns: 30 },
    );
  });

  it("gives ascending times for ascending sequence numbers", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 15_000 }), (seed, sigma) => {
        const rng = Rng.fromSeed(seed);
        const dejitter = new Dejitter({ rate });
        let last = 0;
        let closest = Number.POSITIVE_INFINITY;
        for (let n = 0; n < 500; n++) {
          const time = dejitter.smooth(n, stamped(truth(n), rng, sigma));
          if (!dejitter.active) break;
          closest = Math.min(closest, time - last);
          last = time;
        }
        expect(closest).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });

  it("leaves exact times as they are", () => {
    const dejitter = new Dejitter({ rate });
    for (let n = 0; n < 1_000; n++) expect(dejitter.smooth(n, micros(truth(n)))).toBe(truth(n));
  });

  it("brings frames that overtook each other to their own times", () => {
    const dejitter = new Dejitter({ rate });
    for (let n = 0; n < 100; n++) dejitter.smooth(n, micros(truth(n)));
    expect(dejitter.smooth(102, micros(truth(102)))).toBe(truth(102));
    expect(dejitter.smooth(101, micros(truth(101)))).toBe(truth(101));
  });

  it("switches itself off where frames come as they like", () => {
    const rng = Rng.fromSeed(1);
    const declared = new Dejitter({ rate: "irregular" });
    expect(declared.active).toBe(false);
    expect(declared.smooth(0, micros(77))).toBe(77);
    const dejitter = new Dejitter({ rate });
    let time = START;
    for (let n = 0; n < 2_000; n++) {
      time -= 10_000 * Math.log(1 - rng.uniform());
      dejitter.smooth(n, micros(time));
    }
    expect(dejitter.active).toBe(false);
    expect(dejitter.smooth(2_000, micros(time + 5))).toBe(micros(time + 5));
  });

  it("starts anew where the stream has paused", () => {
    const rng = Rng.fromSeed(1);
    const dejitter = new Dejitter({ rate });
    for (let n = 0; n < 500; n++) dejitter.smooth(n, stamped(truth(n), rng, 500));
    let miss = 0;
    for (let n = 500; n < 1_500; n++) {
      const time = truth(n) + 3_000_000;
      miss = Math.abs(dejitter.smooth(n, stamped(time, rng, 500)) - time);
    }
    expect(miss).toBeLessThan(300);
    expect(dejitter.active).toBe(true);
  });

  it("survives a sequence number out of nowhere", () => {
    const dejitter = new Dejitter({ rate });
    for (let n = 0; n < 100; n++) dejitter.smooth(n, micros(truth(n)));
    expect(dejitter.smooth(2 ** 52, micros(truth(100)))).toBe(truth(100));
    expect(dejitter.smooth(101, micros(truth(101)))).toBe(truth(101));
  });

  it("follows a change the faster the shorter its half-life", () => {
    const afterwards = (halfLife: Micros): number => {
      const dejitter = new Dejitter({ rate, halfLife });
      for (let n = 0; n < 4_000; n++) dejitter.smooth(n, micros(truth(n)));
      for (let n = 4_000; n < 6_000; n++) dejitter.smooth(n, micros(truth(n) + (n - 4_000) * 2));
      return dejitter.ppm;
    };
    expect(afterwards(seconds(3))).toBeLessThan(afterwards(seconds(90)));
    expect(Math.abs(afterwards(seconds(3)) + 200)).toBeLessThan(20);
  });

  it("refuses rates and half-lives that are none", () => {
    expect(() => new Dejitter({ rate: hertz(0) })).toThrow(ConfigError);
    expect(() => new Dejitter({ rate, halfLife: micros(0) })).toThrow(ConfigError);
  });
});
