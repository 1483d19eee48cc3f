import { ok } from "node:assert/strict";
import fc from "fast-check";

import { roundTripOf } from "../../src/clock/ClockSample.ts";
import { PublisherClock } from "../../src/clock/PublisherClock.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { type Property, property } from "../support/Property.ts";
import { type FarEnd, missAt, START, wave } from "./simulate.ts";

const SECOND = 1_000_000;

/** Publishers with clocks up to a day wrong, ±200 ppm, on paths that differ there and back. */
export const anyEnd: fc.Arbitrary<FarEnd> = fc.record({
  offset: fc.oneof(
    fc.integer({ min: -86_400 * SECOND, max: 86_400 * SECOND }),
    fc.integer({ min: -100_000, max: 100_000 }),
  ),
  ppm: fc.double({ min: -200, max: 200, noNaN: true }),
  out: fc.integer({ min: 50, max: 15_000 }),
  back: fc.integer({ min: 50, max: 15_000 }),
  jitterOut: fc.integer({ min: 0, max: 5_000 }),
  jitterBack: fc.integer({ min: 0, max: 5_000 }),
  loss: fc.constantFrom(0, 0.2, 0.6),
});

/** What holds of publishers' clocks. */
export const clockProperties: readonly Property[] = [
  // Mean delays of 2 ms on top of the path's own and a fifth of the probes lost: beyond that a minute's
  // waves may hold no undelayed sample, and the uncertainty is what says so.
  property(
    "P12",
    "misses by its uncertainty and 1 ms at most; in a minute, by half the shortest round trip and 1 ms",
    fc.property(anyEnd, fc.integer(), (end, seed) => {
      const rng = Rng.fromSeed(seed);
      const clock = new PublisherClock();
      const isCalm = Math.max(end.jitterOut, end.jitterBack) <= 2_000 && end.loss < 0.3;
      let [worst, settled, shortest] = [0, 0, Number.POSITIVE_INFINITY];
      for (let second = 0; second < 200; second += 2) {
        const samples = wave(end, START + second * SECOND, rng);
        shortest = Math.min(shortest, ...samples.map(roundTripOf));
        clock.add(samples);
        const { model } = clock;
        if (model === undefined) continue;
        for (const after of [0.1, 1, 2]) {
          const miss = Math.abs(missAt(clock, end, START + (second + after) * SECOND));
          worst = Math.max(worst, miss - model.uncertainty);
          if (isCalm && second >= 60) settled = Math.max(settled, miss - shortest / 2);
        }
      }
      ok(worst <= 1_000, `${worst} us beyond its uncertainty`);
      ok(settled <= 1_000, `${settled} us beyond half the shortest round trip`);
    }),
  ),
];
