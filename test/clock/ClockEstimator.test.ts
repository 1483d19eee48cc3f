import { describe, expect, it } from "vitest";

import { ClockEstimator } from "../../src/clock/ClockEstimator.ts";
import {
  type ClockSample,
  isPossible,
  leastDelayed,
  offsetOf,
} from "../../src/clock/ClockSample.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros } from "../../src/units.ts";
import { type FarEnd, START, wave } from "./simulate.ts";

const quiet: FarEnd = {
  offset: 3_600_000_000,
  ppm: 80,
  out: 400,
  back: 400,
  jitterOut: 200,
  jitterBack: 200,
  loss: 0,
};

function sample(t0: number, t1: number, t2: number, t3: number): ClockSample {
  return { t0: micros(t0), t1: micros(t1), t2: micros(t2), t3: micros(t3) };
}

/** Lets an estimator see waves 2 s apart, from wave `first` on. */
function measure(estimator: ClockEstimator, end: FarEnd, waves: number, rng: Rng, first = 0) {
  let last: ReturnType<ClockEstimator["add"]>;
  for (let i = first; i < first + waves; i++)
    last = estimator.add(wave(end, START + i * 2_000_000, rng)) ?? last;
  return last;
}

describe("leastDelayed", () => {
  it("takes the possible sample with the shortest round trip", () => {
    const slow = sample(0, 1_500, 1_500, 2_000);
    const quick = sample(10_000, 11_000, 11_100, 10_300);
    const backwards = sample(20_000, 21_000, 20_900, 20_010);
    const sooner = sample(30_000, 31_000, 31_500, 30_400);
    const ages = sample(40_000, 41_000, 41_000, 4_000_000);
    const wave = [slow, backwards, quick, sooner, ages];
    expect(wave.filter(isPossible)).toEqual([slow, quick]);
    expect(leastDelayed([slow, quick])).toBe(quick);
    expect(offsetOf(quick)).toBe(900);
    expect(new ClockEstimator().add([backwards, sooner, ages])).toBeUndefined();
    expect(leastDelayed([])).toBeUndefined();
  });
});

describe("ClockEstimator", () => {
  it("finds offset and drift", () => {
    const last = measure(new ClockEstimator(), quiet, 60, Rng.fromSeed(1));
    const at = last?.at ?? 0;
    const truth = quiet.offset + (at - quiet.offset - START) * 80e-6;
    expect(Math.abs((last?.offset ?? 0) - truth)).toBeLessThan(60);
    expect(Math.abs((last?.ppm ?? 0) - 80)).toBeLessThan(1);
    expect(last?.uncertainty).toBeGreaterThanOrEqual(400);
    expect(last?.uncertainty).toBeLessThan(500);
  });

  it("gives the same estimates for the same samples", () => {
    const [one, other] = [1, 1].map(() =>
      measure(new ClockEstimator(), quiet, 40, Rng.fromSeed(5)),
    );
    expect(one).toEqual(other);
  });

  it("leaves an outlier out, and counts it", () => {
    const estimator = new ClockEstimator();
    const rng = Rng.fromSeed(2);
    measure(estimator, quiet, 20, rng);
    const skewed = { ...quiet, out: 790, back: 10, jitterOut: 0, jitterBack: 0 };
    expect(estimator.add(wave(skewed, START + 40_000_000, rng))).toBeUndefined();
    expect(estimator.rejected).toBe(1);
    const last = measure(estimator, quiet, 5, rng, 21);
    expect(Math.abs((last?.ppm ?? 0) - 80)).toBeLessThan(4);
  });

  it("believes three outliers in a row: the path has changed", () => {
    const estimator = new ClockEstimator();
    const rng = Rng.fromSeed(3);
    measure(estimator, quiet, 20, rng);
    const other = { ...quiet, out: 790, back: 10, jitterOut: 0, jitterBack: 0 };
    const answers = [20, 21, 22].map((i) => estimator.add(wave(other, START + i * 2_000_000, rng)));
    expect(answers.map((answer) => answer !== undefined)).toEqual([false, false, true]);
  });

  it("hardly moves for a sample that was long under way", () => {
    const estimator = new ClockEstimator();
    const rng = Rng.fromSeed(2);
    const before = measure(estimator, quiet, 20, rng)?.ppm ?? 0;
    const [late] = wave({ ...quiet, jitterOut: 0, out: 40_400 }, START + 40_000_000, rng);
    const after = late && estimator.add([late]);
    expect(after?.broken).toBe(false);
    expect(Math.abs((after?.ppm ?? 0) - before)).toBeLessThan(0.1);
  });

  it.each([-3_600_000_000, -5_000_000, 30_000, 5_000_000])(
    "notices at once that a clock was set by %i us",
    (step) => {
      const estimator = new ClockEstimator();
      const rng = Rng.fromSeed(4);
      measure(estimator, quiet, 20, rng);
      const set = { ...quiet, offset: quiet.offset + step };
      const answer = estimator.add(wave(set, START + 40_000_000, rng));
      expect(answer?.broken).toBe(true);
      expect(Math.abs((answer?.offset ?? 0) - set.offset - 40_000_000 * 80e-6)).toBeLessThan(700);
    },
  );

  it("learns nothing from a wave that nobody answered", () => {
    const estimator = new ClockEstimator();
    expect(estimator.add([])).toBeUndefined();
    measure(estimator, quiet, 3, Rng.fromSeed(4));
    expect(estimator.add([])).toBeUndefined();
  });
});
