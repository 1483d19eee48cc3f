import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { PublisherClock } from "../../src/clock/PublisherClock.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros, millis } from "../../src/units.ts";
import { anyEnd, clockProperties } from "./clockProperties.ts";
import { type FarEnd, missAt, START, theirs, wave } from "./simulate.ts";

const SECOND = 1_000_000;
/** `CLOCK_RUNS=20000 CLOCK_SEED=7 npx vitest run test/clock` runs more and other cases. */
const RUNS = Number(process.env["CLOCK_RUNS"] ?? 300);
const SEED = Number(process.env["CLOCK_SEED"] ?? 1);
const steady: FarEnd = {
  offset: 0,
  ppm: 0,
  out: 150,
  back: 150,
  jitterOut: 30,
  jitterBack: 30,
  loss: 0,
};

describe("a publisher's clock", () => {
  for (const { id, title, holds } of clockProperties)
    it(`${id}: ${title}`, { timeout: 120_000 }, () => {
      fc.assert(holds, { numRuns: RUNS, seed: SEED });
    });

  it("keeps the order of times whatever is measured between them, but where it says that it steps", () => {
    fc.assert(
      fc.property(anyEnd, fc.integer(), (end, seed) => {
        const rng = Rng.fromSeed(seed);
        const clock = new PublisherClock();
        clock.add(wave({ ...end, loss: 0 }, START, rng));
        let last = 0;
        let closest = Number.POSITIVE_INFINITY;
        for (let tick = 1; tick < 3_000; tick++) {
          const at = START + SECOND + tick * 20_000;
          const time = clock.toOurs(micros(theirs(end, at)));
          closest = Math.min(closest, time - last);
          last = time;
          if (tick % 100 !== 99) continue;
          const wandered = { ...end, offset: end.offset + rng.normal(0, 3_000) };
          if (clock.add(wave(wandered, at, rng))?.stepped) last = 0;
        }
        expect(closest).toBeGreaterThan(0);
      }),
      { numRuns: RUNS / 5, seed: SEED },
    );
  });

  it("gives the same times for the same measurements", () => {
    const [one, other] = [0, 1].map(() => {
      const rng = Rng.fromSeed(9);
      const clock = new PublisherClock();
      return Array.from({ length: 50 }, (_, i) => {
        clock.add(wave({ ...steady, ppm: 150 }, START + i * 2 * SECOND, rng));
        return clock.toOurs(micros(START + i * 2 * SECOND));
      });
    });
    expect(one).toEqual(other);
  });

  it("takes times as they are until it has been measured", () => {
    const clock = new PublisherClock();
    expect(clock.toOurs(micros(12_345))).toBe(12_345);
    expect(clock.add([])).toBeUndefined();
    expect(clock.model).toBeUndefined();
  });

  it("leaves a clock alone that is as right as can be measured, and says how sure that is", () => {
    const clock = new PublisherClock();
    const rng = Rng.fromSeed(3);
    let changes = 0;
    for (let i = 0; i < 500; i++)
      if (clock.add(wave(steady, START + i * 2 * SECOND, rng))) changes++;
    expect(changes).toBeLessThanOrEqual(3);
    expect(clock.model).toMatchObject({ offset: 0, ppm: 0, residual: 0, stepped: false });
    expect(clock.model?.uncertainty).toBeGreaterThanOrEqual(150);
    expect(clock.model?.uncertainty).toBeLessThan(350);
  });

  it("does not correct a publisher that reads our own clock by less than its tolerance", () => {
    const clock = new PublisherClock({ tolerance: millis(5) });
    const rng = Rng.fromSeed(3);
    clock.add(wave({ ...steady, out: 6_000 }, START, rng));
    expect(clock.toOurs(micros(START))).toBe(START);
    clock.add(wave({ ...steady, offset: 20_000 }, START + 2 * SECOND, rng));
    expect(clock.model?.offset).not.toBe(0);
  });

  it.each([-3_600 * SECOND, -2 * SECOND, 2 * SECOND, 3_600 * SECOND])(
    "steps, and flags it, when the publisher's clock is set by %i us",
    (step) => {
      const clock = new PublisherClock();
      const rng = Rng.fromSeed(8);
      for (let i = 0; i < 20; i++) clock.add(wave(steady, START + i * 2 * SECOND, rng));
      const set = { ...steady, offset: step };
      const model = clock.add(wave(set, START + 40 * SECOND, rng));
      expect(model).toMatchObject({ stepped: true, residual: 0 });
      expect(Math.abs(missAt(clock, set, START + 41 * SECOND))).toBeLessThan(300);
    },
  );

  it("slews an error of 20 ms away at 500 us per second", () => {
    const clock = new PublisherClock();
    const rng = Rng.fromSeed(8);
    for (let i = 0; i < 20; i++) clock.add(wave(steady, START + i * 2 * SECOND, rng));
    const set = { ...steady, offset: 20_000 };
    clock.toOurs(micros(START + 40 * SECOND));
    clock.add(wave(set, START + 40 * SECOND, rng));
    const missAfter = (seconds: number) => missAt(clock, set, START + (40 + seconds) * SECOND);
    expect(missAfter(0.1)).toBeGreaterThan(19_500);
    expect(missAfter(20)).toBeGreaterThan(9_500);
    expect(missAfter(20)).toBeLessThan(10_500);
    expect(Math.abs(missAfter(41))).toBeLessThan(300);
  });

  it("does not move the newest time it gave when it slews, one absurd time or none before", () => {
    const clock = new PublisherClock();
    const rng = Rng.fromSeed(8);
    for (let i = 0; i < 20; i++) clock.add(wave(steady, START + i * 2 * SECOND, rng));
    clock.toOurs(micros(Number.MAX_SAFE_INTEGER));
    for (const second of [40, 42, 44, 46]) {
      const set = { ...steady, offset: (second - 38) * 2_500, ppm: 200 };
      // Frames may be a while ahead of the wave that is just being answered.
      const newest = micros(START + (second + 1.5) * SECOND);
      const before = clock.toOurs(newest);
      clock.add(wave(set, START + second * SECOND, rng));
      // The first correction after the absurd time is what gets rid of it.
      if (second > 40) expect(clock.toOurs(newest)).toBe(before);
    }
  });

  it("is not led astray by one absurd time of the publisher", () => {
    const clock = new PublisherClock();
    const rng = Rng.fromSeed(8);
    const end = { ...steady, offset: 5 * SECOND, ppm: 100 };
    for (let i = 0; i < 40; i++) {
      clock.add(wave(end, START + i * 2 * SECOND, rng));
      clock.toOurs(micros(Number.MAX_SAFE_INTEGER));
    }
    expect(Math.abs(missAt(clock, end, START + 80 * SECOND))).toBeLessThan(1_300);
  });
});
