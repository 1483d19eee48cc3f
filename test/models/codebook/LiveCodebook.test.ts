import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { LiveCodebook } from "../../../src/models/codebook/LiveCodebook.ts";
import { PartnerWindow } from "../../../src/models/codebook/PartnerWindow.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

const HOP = 40_000;
const D = 3;
const L = 5;

const rng = Rng.fromSeed(21);
const START = Array.from(rng.normalArray(L * D, 0, 2));
const vector = (): Float64Array => Float64Array.from(rng.normalArray(D, 0, 2));
const open = (options: Partial<ConstructorParameters<typeof LiveCodebook>[2]> = {}) =>
  new LiveCodebook(START, D, { tau: 100 * HOP, hop: HOP, ...options });

/** The same average computed eagerly: every code fades at every frame. */
function eager(pairs: readonly (readonly [Float64Array, Float64Array])[], gamma: number) {
  const codes = Float64Array.from(START);
  const counts = new Float64Array(L).fill(2 / L);
  const sums = codes.map((value, i) => value * (counts[Math.floor(i / D)] ?? 0));
  const nearest = (z: Float64Array): number => {
    const distances = Array.from({ length: L }, (_, k) =>
      z.reduce((sum, value, d) => sum + (value - (codes[k * D + d] ?? 0)) ** 2, 0),
    );
    return distances.indexOf(Math.min(...distances));
  };
  for (const [a, b] of pairs) {
    const hits = [nearest(a), nearest(b)];
    for (let k = 0; k < L; k++) counts[k] = (counts[k] ?? 0) * gamma;
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) * gamma;
    for (const k of hits) {
      counts[k] = (counts[k] ?? 0) + (1 - gamma);
      for (let d = 0; d < D; d++)
        sums[k * D + d] = (sums[k * D + d] ?? 0) + (1 - gamma) * (((a[d] ?? 0) + (b[d] ?? 0)) / 2);
    }
    for (const k of hits)
      for (let d = 0; d < D; d++) codes[k * D + d] = (sums[k * D + d] ?? 0) / (counts[k] ?? 1);
  }
  return codes;
}

describe("LiveCodebook", () => {
  it("with lazy decay equals the eager average to 1e-12", () => {
    const pairs = Array.from({ length: 400 }, () => [vector(), vector()] as const);
    const live = open();
    for (const [t, [a, b]] of pairs.entries()) live.update((t + 1) * HOP, [{ z: a }, { z: b }]);
    const expected = eager(pairs, Math.exp(-1 / 100));
    const { codes } = live.publish();
    for (const [i, value] of codes.entries())
      expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-12);
  });

  it("gives single frames the weight of one batch: n of γ^(1/n) together have 1 − γ", () => {
    const n = 50;
    const gamma = 0.99;
    const live = new LiveCodebook([0], 1, { tau: (-n * HOP) / Math.log(gamma), hop: HOP }, [0]);
    const one = { z: Float64Array.of(1) };
    for (let t = 1; t <= n; t++) live.update(t * HOP, [one, one]);
    expect(live.publish().counts[0]).toBeCloseTo(2 * (1 - gamma), 12);
  });

  it("does not move for 100,000 frames of one modality alone", () => {
    const live = open();
    live.update(HOP, [{ z: vector() }, { z: vector() }]);
    const before = live.publish();
    const z = vector();
    for (let t = 2; t <= 100_001; t++) expect(live.update(t * HOP, [{ z }, undefined])[1]).toBe(-1);
    expect(live.publish().codes).toEqual(before.codes);
    expect(live.unpaired).toBe(100_000);
  });

  it("does not depend to the last bit on which modality is named first", () => {
    const [left, right] = [open(), open()];
    for (let t = 1; t <= 300; t++) {
      const [a, b] = [vector(), vector()];
      left.update(t * HOP, [{ z: a }, { z: b }]);
      right.update(t * HOP, [{ z: b }, { z: a }]);
    }
    expect(left.publish().codes).toEqual(right.publish().codes);
  });

  it("publishes immutable versions that go on decoding", () => {
    const live = open();
    const first = live.publish();
    const z = vector();
    const then = first.nearest(z);
    const held = first.vector(then.index);
    for (let t = 1; t <= 200; t++) live.update(t * HOP, [{ z: vector() }, { z: vector() }]);
    expect(first.version).toBe(1);
    expect(live.publish().version).toBe(2);
    expect(first.nearest(z)).toEqual(then);
    expect(first.vector(then.index)).toEqual(held);
    expect(live.driftFrom(first)).toBeGreaterThan(0.01);
  });

  it("resets what one modality never chose, with half of the parent's weight and a new generation", () => {
    const live = new LiveCodebook([0, 10], 1, { tau: 1e9, hop: HOP }, [1, 1]);
    const near = { z: Float64Array.of(0.1) };
    for (let t = 1; t <= 20; t++) live.update(t * HOP, [near, near]);
    const before = live.publish();
    expect(live.resetIdle(20 * HOP, 10 * HOP, [0.5])).toEqual([1]);
    const after = live.publish();
    expect([...after.generations]).toEqual([0, 1]);
    expect(after.codes[1]).toBeCloseTo((before.codes[0] ?? 0) + 0.5, 12);
    expect(after.counts[0]).toBeCloseTo(after.counts[1] ?? 0, 12);
    // It stays where it was put: the next average does not bring the old place back.
    live.update(21 * HOP, [{ z: Float64Array.of(0.6) }, { z: Float64Array.of(0.6) }]);
    expect(live.publish().codes[1]).toBeLessThan(1);
    expect(live.resetIdle(21 * HOP, 10 * HOP, [0.5])).toEqual([]);
  });

  it("limits the way of one step and leaves the unknown alone", () => {
    const live = new LiveCodebook(
      [0],
      1,
      { tau: HOP, hop: HOP, maxStep: 0.1, maxDistance: 5 },
      [1],
    );
    live.update(HOP, [{ z: Float64Array.of(4) }, { z: Float64Array.of(4) }]);
    expect(live.publish().codes[0]).toBeCloseTo(0.1, 12);
    live.update(2 * HOP, [{ z: Float64Array.of(40) }, { z: Float64Array.of(4) }]);
    expect(live.publish().codes[0]).toBeCloseTo(0.1, 12);
    expect(live.novel).toBe(1);
  });

  it("refuses a time constant of 0 and vectors of another length", () => {
    expect(() => new LiveCodebook(START, D, { tau: 0, hop: HOP })).toThrow(ConfigError);
    expect(() => open().update(HOP, [{ z: new Float64Array(2) }, undefined])).toThrow(ShapeError);
  });
});

describe("PartnerWindow", () => {
  /** Two sensors of the same sticky classes; the second is two frames late. */
  function lagged(): { readonly a: Float64Array; readonly b: Float64Array }[] {
    const draws = Rng.fromSeed(5);
    const classes: number[] = [];
    for (let t = 0; t < 4000; t++)
      classes.push(t > 0 && draws.uniform() < 0.5 ? (classes[t - 1] ?? 0) : draws.int(0, 4));
    const seen = (label: number, shift: number): Float64Array =>
      Float64Array.from(
        { length: 4 },
        (_, d) => (d === label ? 3 : 0) + shift + draws.normal(0, 0.2),
      );
    return classes.map((label, t) => ({ a: seen(label, 0.6), b: seen(classes[t - 2] ?? 0, -0.6) }));
  }

  /** Mean distance between the midpoints of the pairs and what both say of the class of a. */
  function disagreement(partner: (t: number) => readonly [Float64Array, Float64Array]): number {
    let [far, count] = [0, 0];
    for (let t = 10; t < 3990; t++) {
      const [a, b] = partner(t);
      if (a.indexOf(Math.max(...a)) !== b.indexOf(Math.max(...b))) far++;
      count++;
    }
    return far / count;
  }

  it("recovers the partner over a lag of two frames that the same index loses", () => {
    const frames = lagged();
    const window = new PartnerWindow({ window: 3, temperature: 0.05 });
    const found: (readonly [Float64Array, Float64Array])[] = [];
    for (const [t, { a, b }] of frames.entries()) {
      const ready = window.push(t, a, b);
      if (ready !== undefined) found[ready.time] = [ready.vectors[0], ready.partners[0]];
    }
    const same = disagreement((t) => [
      frames[t]?.a ?? new Float64Array(4),
      frames[t]?.b ?? new Float64Array(4),
    ]);
    const attended = disagreement((t) => found[t] ?? [new Float64Array(4), new Float64Array(4)]);
    expect(same).toBeGreaterThan(0.4);
    expect(attended).toBeLessThan(0.1);
  });

  it("gives a frame W frames after it came, and itself where W is 0", () => {
    const window = new PartnerWindow({ window: 1, temperature: 1 });
    expect(window.push(1, [1], [2])).toBeUndefined();
    expect(window.push(2, [1], [2])?.time).toBe(1);
    expect(window.push(3, [1], [2])?.time).toBe(2);
    const none = new PartnerWindow({ window: 0, temperature: 1 });
    expect([...(none.push(1, [1], [2])?.partners[0] ?? [])]).toEqual([2]);
    expect(() => new PartnerWindow({ window: -1, temperature: 1 })).toThrow(ConfigError);
  });

  it("learns from three modalities as from two, and from any two of them that are there", () => {
    const live = open({ modalities: 3 });
    const [a, b, c] = [vector(), vector(), vector()];
    live.update(HOP, [{ z: a }, undefined, undefined]);
    expect(live.unpaired).toBe(1);
    const two = open();
    two.update(HOP, [{ z: a }, { z: c }]);
    live.update(HOP, [{ z: a }, undefined, { z: c }]);
    expect(live.publish().codes).toEqual(two.publish().codes);
    const [index = -1] = live.update(2 * HOP, [{ z: a }, { z: b }, { z: c }]);
    expect(index).toBeGreaterThanOrEqual(0);
    expect(() => live.update(3 * HOP, [{ z: a }, { z: b }])).toThrow(ShapeError);
  });

  it("goes on where another one was, bit for bit", () => {
    const [first, second] = [open(), open()];
    const pairs = Array.from({ length: 60 }, () => [{ z: vector() }, { z: vector() }] as const);
    for (const [t, pair] of pairs.slice(0, 30).entries()) first.update((t + 1) * HOP, pair);
    second.restore(first.snapshot());
    for (const [t, pair] of pairs.slice(30).entries()) {
      first.update((t + 31) * HOP, pair);
      second.update((t + 31) * HOP, pair);
    }
    expect(second.snapshot()).toEqual(first.snapshot());
    const other = new LiveCodebook([0, 1], 1, { tau: HOP, hop: HOP });
    expect(() => other.restore(first.snapshot())).toThrow(ShapeError);
  });
});
