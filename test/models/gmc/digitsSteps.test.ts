import { describe, expect, it } from "vitest";

import { Trainer } from "../../../src/learn/Trainer.ts";
import { type GmcCarried, gmcObjective, initGmcCarried } from "../../../src/models/gmc/method.ts";
import { type GmcParams, initGmc } from "../../../src/models/gmc/params.ts";
import { mhdDigitsConfig } from "../../../src/models/gmc/presets.ts";
import type { HostTree } from "../../../src/tensor/HostTensor.ts";
import { float32, type SpecTree, sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import type { Tensor } from "../../../src/tensor/tf.ts";

const BATCH = 64;

/** Fractional parts of multiples, as golden/digits_steps.py draws them. */
function fractions(factor: number): () => number {
  let n = 0;
  return () => {
    n += 1;
    return (n * factor) % 1;
  };
}

/** Printed by golden/digits_steps.py with PyTorch 1.13: loss before each step, and the gradient's norm. */
const GOLDEN = [
  {
    loss: 19.377697,
    perModality: {
      trajectory: 4.844209,
      "pen-image": 4.844188,
      "mnist-image": 4.844186,
      speech: 4.845113,
    },
    gradientNorm: 0.34002,
  },
  {
    loss: 19.369837,
    perModality: {
      trajectory: 4.847718,
      "pen-image": 4.847909,
      "mnist-image": 4.847916,
      speech: 4.826294,
    },
    gradientNorm: 4.33044,
  },
  {
    loss: 18.991806,
    perModality: {
      trajectory: 4.871259,
      "pen-image": 4.8698,
      "mnist-image": 4.869697,
      speech: 4.38105,
    },
    gradientNorm: 10.90263,
  },
];

describe("the digits network", () => {
  it("trains step by step as PyTorch does: losses, gradient, Adam and running statistics", async () => {
    const config = mhdDigitsConfig();
    const params = initGmc(config, fractions(0.6180339887498949));
    const draw = fractions(0.7548776662466927);
    const inputs = Object.fromEntries(
      config.modalities.map(({ name, shape }) => [
        name,
        Float32Array.from({ length: BATCH * sizeOfShape(shape) }, draw),
      ]),
    );
    await using trainer = await Trainer.open({
      name: "gmc digits",
      params: params as HostTree,
      extra: initGmcCarried(config, params) as HostTree,
      batch: Object.fromEntries(
        config.modalities.map(({ name, shape }) => [name, float32([BATCH, ...shape])]),
      ) as SpecTree,
      loss: (weights, batch, carried) => {
        const objective = gmcObjective(
          config,
          {},
          weights as unknown as GmcParams<Tensor>,
          carried as unknown as GmcCarried<Tensor>,
          { inputs: batch as Record<string, Tensor> },
        );
        return {
          loss: objective.loss,
          metrics: objective.perModality,
          extra: objective.carried as never,
        };
      },
    });
    for (const { loss, perModality, gradientNorm } of GOLDEN) {
      const told = await trainer.step(inputs as never, 1e-4);
      expect(Math.abs((told["loss"] ?? 0) - loss)).toBeLessThan(2e-3);
      for (const [name, value] of Object.entries(perModality))
        expect(Math.abs((told[name] ?? 0) - value), name).toBeLessThan(1e-3);
      expect((told["gradientNorm"] ?? 0) / gradientNorm).toBeCloseTo(1, 2);
    }
  }, 120_000);
});
