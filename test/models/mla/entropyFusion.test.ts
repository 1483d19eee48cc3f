import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { ShapeError } from "../../../src/errors.ts";
import { type EntropyFusionOptions, entropyFusion } from "../../../src/models/mla/entropyFusion.ts";
import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { float32 } from "../../../src/tensor/TensorSpec.ts";
import { tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** One sample: logits by modality. */
const fuse = (logits: readonly (readonly number[])[], options: EntropyFusionOptions = {}) => {
  const {
    logits: fused,
    weights,
    entropies,
  } = entropyFusion(tf.tensor(logits.flat(), [logits.length, 1, logits[0]?.length ?? 0]), options);
  const read = (tensor: typeof fused): number[] => [...tensor.dataSync()];
  return { logits: read(fused), weights: read(weights), entropies: read(entropies) };
};
const expectClose = (actual: readonly number[], expected: readonly number[]): void => {
  for (const [i, value] of expected.entries())
    expect(Math.abs((actual[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
      1.2e-6 * Math.max(1, Math.abs(value)),
    );
};

/** The same in double precision, straight from the formula. */
function reference(logits: readonly (readonly number[])[]) {
  const entropies = logits.map((values) => {
    const mass = values.reduce((sum, y) => sum + Math.exp(y), 0);
    return values.reduce((sum, y) => {
      const p = Math.exp(y) / mass;
      return sum - p * Math.log(p);
    }, 0);
  });
  const total = entropies.reduce((sum, e) => sum + Math.exp(-e), 0);
  const weights = entropies.map((e) => Math.exp(-e) / total);
  const fused = (logits[0] ?? []).map((_, c) =>
    logits.reduce((sum, values, m) => sum + (weights[m] ?? 0) * (values[c] ?? 0), 0),
  );
  return { entropies, weights, fused };
}

describe("entropyFusion", () => {
  // Values: design notes on MLA, section 7, to six digits.
  it.each([
    {
      logits: [
        [2, 0, 0],
        [0, 0, 0],
      ],
      entropies: [0.665573, 1.098612],
      weights: [0.606599, 0.393401],
      fused: [1.213199, 0, 0],
    },
    {
      logits: [
        [2, 0, 0],
        [0, 1, 0],
        [0, 0, 0],
      ],
      entropies: [0.665573, 0.975328, 1.098612],
      weights: [0.419787, 0.307967, 0.272246],
      fused: [0.839574, 0.307967, 0],
    },
    {
      logits: [
        [3, 0],
        [0, 3],
      ],
      entropies: [0.190865, 0.190865],
      weights: [0.5, 0.5],
      fused: [1.5, 1.5],
    },
    {
      logits: [
        [4, 0],
        [0, 1],
      ],
      entropies: [0.090095, 0.582203],
      weights: [0.620603, 0.379397],
      fused: [2.482412, 0.379397],
    },
  ])("weighs $logits by $weights", ({ logits, entropies, weights, fused }) => {
    const result = fuse(logits);
    expectClose(result.entropies, entropies);
    expectClose(result.weights, weights);
    expectClose(result.logits, fused);
    const exact = reference(logits);
    for (const [got, wanted] of [
      [result.entropies, exact.entropies],
      [result.weights, exact.weights],
      [result.logits, exact.fused],
    ] as const)
      for (const [i, value] of wanted.entries())
        expect(Math.abs((got[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
          1e-6 * Math.abs(value),
        );
  });

  it("caps two modalities at C / (C + 1)", () => {
    expectClose(
      fuse([
        [20, 0, 0],
        [0, 0, 0],
      ]).weights,
      [0.75, 0.25],
    );
  });

  it("has an entropy of 0 where one class has all: 0 log 0 is 0", () => {
    expect(fuse([[1000, 0, -1000]]).entropies.map(Math.abs)).toEqual([0]);
  });

  it("gives a tie to the lower class", () => {
    const { logits } = entropyFusion(tf.tensor([3, 0, 0, 3], [2, 1, 2]));
    expect(tf.argMax(logits, 1).dataSync()[0]).toBe(0);
  });

  it("gives the absent exactly nothing, whatever stands in their place", () => {
    const present = tf.tensor([1, 0, 1], [3, 1]);
    const result = fuse(
      [
        [2, 0, 0],
        [Number.NaN, Infinity, 0],
        [0, 0, 0],
      ],
      { present },
    );
    expect(result.weights[1]).toBe(0);
    expectClose(result.weights, [0.606599, 0, 0.393401]);
    expectClose(result.logits, [1.213199, 0, 0]);
  });

  it("gives a single modality weight 1, and zeros where none is there", () => {
    expect(fuse([[5, 1, 0]]).weights).toEqual([1]);
    const nothing = fuse([[5, 1, 0]], { present: tf.zeros([1, 1]) });
    expect(nothing.weights).toEqual([0]);
    expect(nothing.logits).toEqual([0, 0, 0]);
  });

  it("divides by temperatures before it weighs", () => {
    const temperatures = tf.tensor([2, 1]);
    expectClose(
      fuse(
        [
          [4, 0, 0],
          [0, 0, 0],
        ],
        { temperatures },
      ).logits,
      [1.213199, 0, 0],
    );
  });

  it("weighs alike at sharpness 0 and squares the ratio at 2", () => {
    const logits = [
      [2, 0, 0],
      [0, 1, 0],
    ];
    expectClose(fuse(logits, { sharpness: 0 }).weights, [0.5, 0.5]);
    const [once, twice] = [fuse(logits).weights, fuse(logits, { sharpness: 2 }).weights];
    const ratio = (weights: readonly number[]): number => (weights[0] ?? 0) / (weights[1] ?? 1);
    expect(ratio(twice)).toBeCloseTo(ratio(once) ** 2, 5);
  });

  it("holds its invariants for any logits", () => {
    const row = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 4 }), (logits) => {
        const { weights, entropies } = fuse(logits);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
        expect(Math.max(...weights) / Math.min(...weights)).toBeLessThanOrEqual(4 * (1 + 1e-5));
        weights.forEach((weight, i) => {
          expect(weight).toBeGreaterThan(0);
          weights.forEach((other, j) => {
            if ((entropies[i] ?? 0) < (entropies[j] ?? 0) - 1e-4)
              expect(weight).toBeGreaterThan(other);
          });
        });
        // Another order of the modalities, another constant on one's logits: the same weights.
        const turned = fuse([...logits].reverse());
        expectClose([...turned.weights].reverse(), weights);
        const lifted = fuse(
          logits.map((values, m) => (m === 0 ? values.map((y) => y + 3) : values)),
        );
        lifted.weights.forEach((weight, i) => {
          expect(weight).toBeCloseTo(weights[i] ?? Number.NaN, 4);
        });
      }),
      { numRuns: 60 },
    );
  });

  it("fuses a sample alone as inside any batch", () => {
    // The released rule takes the softmax over the batch: 0.658 / 0.342 for both rows here.
    const both = entropyFusion(tf.tensor([2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], [2, 2, 3]));
    expectClose([...both.weights.dataSync()], [0.606599, 0.606599, 0.393401, 0.393401]);
    const alone = fuse([
      [2, 0, 0],
      [0, 0, 0],
    ]);
    expectClose([...both.logits.dataSync()].slice(0, 3), alone.logits);
  });

  it("computes compiled what it computes by tfjs", async () => {
    const program = defineProgram({
      name: "fuse",
      inputs: { logits: float32([2, 1, 3]), present: float32([2, 1]), temperatures: float32([2]) },
      body: ({ logits, ...options }) => ({ ...entropyFusion(logits, options) }),
    });
    await using compiled = await compile(program);
    const { logits, weights } = await compiled.run({
      logits: Float32Array.of(4, 0, 0, 0, 0, 0),
      present: Float32Array.of(1, 1),
      temperatures: Float32Array.of(2, 1),
    });
    expectClose([...weights], [0.606599, 0.393401]);
    expectClose([...logits], [1.213199, 0, 0]);
  });

  it("refuses presence and temperatures of another size", () => {
    const logits = tf.zeros([2, 5, 3]);
    expect(() => entropyFusion(logits, { present: tf.ones([5, 2]) })).toThrow(ShapeError);
    expect(() => entropyFusion(logits, { temperatures: tf.ones([3]) })).toThrow(ShapeError);
    expect(() => entropyFusion(tf.zeros([2, 3]))).toThrow(ShapeError);
  });
});
