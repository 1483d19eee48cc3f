import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { HeadGuard, slidingAlpha } from "../../../src/models/mla/HeadGuard.ts";
import { rlsUpdate } from "../../../src/models/mla/rlsUpdate.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

// Reference values: design notes on MLA, sections 5.3, 5.8, 5.9 and 7 (computed with numpy).

const identity = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
const times = (matrix: ArrayLike<number>, vector: readonly number[]): number[] =>
  vector.map((_, i) =>
    vector.reduce((sum, value, j) => sum + (matrix[i * vector.length + j] ?? 0) * value, 0),
  );
const trace = (matrix: Float64Array): number => {
  const n = Math.sqrt(matrix.length);
  return matrix.reduce((sum, value, i) => sum + (i % (n + 1) === 0 ? value : 0), 0);
};
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const expectClose = (actual: ArrayLike<number>, expected: readonly number[]): void => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs((actual[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
      1e-12 * Math.max(1, Math.abs(value)),
    );
};

const vectors = (n: number) =>
  fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: n, maxLength: n });

describe("rlsUpdate", () => {
  it("takes an axis out by 1/11, and again by 1/21", () => {
    const P = identity(2);
    rlsUpdate(P, [1, 0], 0.1);
    expectClose(P, [1 / 11, 0, 0, 1]);
    rlsUpdate(P, [1, 0], 0.1);
    expectClose(P, [1 / 21, 0, 0, 1]);
  });

  it("is I - hh'/26 after (3, 4) with alpha 1", () => {
    const P = identity(2);
    rlsUpdate(P, [3, 4], 1);
    expectClose(P, [1 - 9 / 26, -12 / 26, -12 / 26, 1 - 16 / 26]);
    expectClose(times(P, [3, 4]), [3 / 26, 4 / 26]);
    expectClose(times(P, [4, -3]), [4, -3]);
  });

  it("has the inverse [[101, 120], [120, 161]] after (3, 4) and (1, 0) with alpha 0.1", () => {
    const P = identity(2);
    rlsUpdate(P, [3, 4], 0.1);
    rlsUpdate(P, [1, 0], 0.1);
    expectClose(times(P, [101, 120]), [1, 0]);
    expectClose(times(P, [120, 161]), [0, 1]);
  });

  it("divides by a number, not by an outer product as the released code does", () => {
    const P = identity(2);
    rlsUpdate(P, [1, 1], 0.1);
    expectClose(P, [1.1 / 2.1, -1 / 2.1, -1 / 2.1, 1.1 / 2.1]);
    expectClose(times(P, [1, 1]), [0.1 / 2.1, 0.1 / 2.1]);
  });

  it("shrinks h by alpha / (alpha + h'Ph) and the trace by |Ph|^2 / (alpha + h'Ph)", () => {
    fc.assert(
      fc.property(
        fc.array(vectors(4), { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        (directions, alpha) => {
          const P = identity(4);
          for (const h of directions) {
            const image = times(P, h);
            const length = dot(h, image);
            const before = trace(P);
            rlsUpdate(P, h, alpha);
            const after = times(P, h);
            for (const [i, value] of image.entries())
              expect(after[i]).toBeCloseTo((alpha / (alpha + length)) * value, 9);
            expect(trace(P)).toBeCloseTo(before - dot(image, image) / (alpha + length), 9);
          }
        },
      ),
    );
  });

  it("is the inverse of I + (1/alpha) sum hh'", () => {
    fc.assert(
      fc.property(fc.array(vectors(3), { minLength: 1, maxLength: 5 }), (directions) => {
        const alpha = 0.5;
        const P = identity(3);
        const inverse = identity(3);
        for (const h of directions) {
          rlsUpdate(P, h, alpha);
          h.forEach((a, i) => {
            h.forEach((b, j) => {
              inverse[i * 3 + j] = (inverse[i * 3 + j] ?? 0) + (a * b) / alpha;
            });
          });
        }
        for (let j = 0; j < 3; j++) {
          const column = [inverse[j] ?? 0, inverse[3 + j] ?? 0, inverse[6 + j] ?? 0];
          const unit = times(P, column);
          for (let i = 0; i < 3; i++) expect(unit[i]).toBeCloseTo(i === j ? 1 : 0, 8);
        }
      }),
    );
  });

  it("stays symmetric to the bit and between 0 and I over ten thousand noisy means", () => {
    const rng = Rng.fromSeed(1);
    const P = identity(8);
    for (let step = 0; step < 10_000; step++)
      rlsUpdate(
        P,
        Array.from({ length: 8 }, (_, i) => 1 + (i % 3) + 0.3 * rng.normal()),
        0.1,
      );
    for (let i = 0; i < 8; i++) for (let j = 0; j < 8; j++) expect(P[i * 8 + j]).toBe(P[j * 8 + i]);
    for (let trial = 0; trial < 50; trial++) {
      const v = Array.from({ length: 8 }, () => rng.normal());
      const form = dot(v, times(P, v));
      expect(form).toBeGreaterThan(0);
      expect(form).toBeLessThanOrEqual(dot(v, v));
    }
    // Noise fills every direction: the head is all but frozen.
    expect(trace(P)).toBeLessThan(0.01);
  });
});

describe("HeadGuard", () => {
  const guard = (config: ConstructorParameters<typeof HeadGuard>[0]["config"], width = 2) =>
    new HeadGuard({ config, width, guardsBias: false });

  it("leaves the first step of a run alone in every form", () => {
    for (const config of [
      { kind: "none" },
      { kind: "paper", alpha: 0.1 },
      { kind: "leaky", alpha: 0.1, leak: 0.1 },
      { kind: "stream", alpha: 0.1, meanDecay: 0.9 },
    ] as const)
      expectClose(guard(config).next("a"), [1, 0, 0, 1]);
  });

  it("follows the paper: at step t the mean of step t-1, each once", () => {
    const each = guard({ kind: "paper", alpha: 1 });
    each.next("a");
    each.observe("a", [3, 4]);
    expectClose(each.next("b"), [1 - 9 / 26, -12 / 26, -12 / 26, 1 - 16 / 26]);
    each.observe("b", [0, 0]);
    expectClose(each.next("a"), [1 - 9 / 26, -12 / 26, -12 / 26, 1 - 16 / 26]);
  });

  it("takes another alpha for a step where a schedule asks for it", () => {
    const each = guard({ kind: "paper", alpha: 1 });
    each.next("a");
    each.observe("a", [1, 0]);
    expectClose(each.next("b", 0.1), [1 / 11, 0, 0, 1]);
  });

  it("leaks a share of the identity back", () => {
    const each = guard({ kind: "leaky", alpha: 0.1, leak: 0.1 });
    each.next("a");
    each.observe("a", [1, 0]);
    expectClose(each.next("b"), [0.9 / 11 + 0.1, 0, 0, 1]);
  });

  it("keeps the leaky form from freezing where the paper's does", () => {
    const rng = Rng.fromSeed(2);
    const [paper, leaky] = [
      guard({ kind: "paper", alpha: 0.1 }, 8),
      guard({ kind: "leaky", alpha: 0.1, leak: 0.1 }, 8),
    ];
    for (let step = 0; step < 2_000; step++) {
      const mean = Array.from({ length: 8 }, () => 1 + 0.3 * rng.normal());
      for (const each of [paper, leaky]) {
        each.next("a");
        each.observe("a", mean);
      }
    }
    expect(trace(paper.next("a"))).toBeLessThan(0.1);
    expect(trace(leaky.next("a"))).toBeGreaterThan(3);
  });

  it("projects out the other modalities' running means in stream form, in any order of them", () => {
    const [x, y] = [
      [3, 4, 0],
      [1, 0, 2],
    ];
    const one = guard({ kind: "stream", alpha: 0.1, meanDecay: 0.9 }, 3);
    const two = guard({ kind: "stream", alpha: 0.1, meanDecay: 0.9 }, 3);
    one.observe("a", x ?? []);
    one.observe("b", y ?? []);
    two.observe("b", y ?? []);
    two.observe("a", x ?? []);
    const both = Array.from(one.next("c"));
    for (const [i, value] of Array.from(two.next("c")).entries())
      expect(value).toBeCloseTo(both[i] ?? Number.NaN, 12);
    // I - H (aI + H'H)^-1 H' with H = [x y]: a + H'H = [[25.1, 3], [3, 5.1]].
    const determinant = 25.1 * 5.1 - 9;
    const expected = (i: number, j: number): number => {
      const [xi = 0, xj = 0, yi = 0, yj = 0] = [x?.[i], x?.[j], y?.[i], y?.[j]];
      const inner = (5.1 * xi * xj - 3 * (xi * yj + yi * xj) + 25.1 * yi * yj) / determinant;
      return (i === j ? 1 : 0) - inner;
    };
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) expect(both[3 * i + j]).toBeCloseTo(expected(i, j), 12);
  });

  it("does not project a modality's own mean out of its steps, and forgets a removed one", () => {
    const each = guard({ kind: "stream", alpha: 0.1, meanDecay: 0.9 });
    each.observe("a", [1, 0]);
    expectClose(each.next("a"), [1, 0, 0, 1]);
    expectClose(each.next("b"), [1 / 11, 0, 0, 1]);
    each.forget("a");
    expectClose(each.next("b"), [1, 0, 0, 1]);
  });

  it("averages a modality's means over time in stream form", () => {
    const each = guard({ kind: "stream", alpha: 1, meanDecay: 0.75 });
    each.observe("a", [4, 0]);
    each.observe("a", [0, 0]); // mean now (3, 0)
    expectClose(each.next("b"), [1 / 10, 0, 0, 1]);
  });

  it("covers the bias as a feature that is always 1", () => {
    const each = new HeadGuard({
      config: { kind: "paper", alpha: 1 },
      width: 1,
      guardsBias: true,
    });
    expect(each.size).toBe(2);
    each.next("a");
    each.observe("a", [2]);
    // h = (2, 1): I - hh'/6
    expectClose(each.next("b"), [1 - 4 / 6, -2 / 6, -2 / 6, 1 - 1 / 6]);
  });

  it("slides alpha from 0.1 to 0.01 within an epoch", () => {
    expect(slidingAlpha(0)).toBeCloseTo(0.1, 12);
    expect(slidingAlpha(0.5)).toBeCloseTo(0.0316227766, 9);
    expect(slidingAlpha(1)).toBeCloseTo(0.01, 12);
  });

  it("refuses features of another length or that are not finite, and an alpha of 0", () => {
    const each = guard({ kind: "paper", alpha: 0.1 });
    expect(() => each.observe("a", [1])).toThrow(ShapeError);
    expect(() => each.observe("a", [1, Number.NaN])).toThrow(ShapeError);
    expect(() => each.next("a", 0)).toThrow(ConfigError);
    expect(() => guard({ kind: "none" }, 0)).toThrow(ConfigError);
  });
});
