import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelTable } from "../../src/tensor/kernels/kernelTable.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { arrayCases } from "./support/arrayCases.ts";
import { compareWithTfjs } from "./support/compareWithTfjs.ts";
import { elementwiseCases } from "./support/elementwiseCases.ts";
import { fusedCases } from "./support/fusedCases.ts";
import { productCases } from "./support/productCases.ts";

const cases = [...elementwiseCases, ...arrayCases, ...productCases, ...fusedCases];
const TOLERANCE = 1e-5;
const DRAWS = 6;

describe("kernel mappings", () => {
  it.each(cases)("$name agrees with tfjs's CPU backend in value and gradient", async (kernel) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
        const rng = Rng.fromSeed(seed).fork(kernel.name);
        const draws = Array.from({ length: DRAWS }, () => kernel.draw(rng));
        const { error, worst, kernels } = await compareWithTfjs(
          kernel.name,
          draws,
          rng.fork("weights"),
          {
            gradients: kernel.valueOnly !== true,
          },
        );
        expect(error, worst).toBeLessThanOrEqual(TOLERANCE);
        expect([...kernels]).toEqual(expect.arrayContaining([...kernel.kernels]));
      }),
      { numRuns: 2, seed: 20_260_101 },
    );
  });

  it("each has a case", () => {
    // finiteDifferences.test.ts checks the one gradient that tfjs has only with faults.
    const tested = new Set([
      "ResizeNearestNeighborGrad",
      ...cases.flatMap(({ kernels }) => kernels),
    ]);
    expect(Object.keys(kernelTable).filter((kernel) => !tested.has(kernel))).toEqual([]);
  });
});
