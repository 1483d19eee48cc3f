import { expect, it } from "vitest";

import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { lars } from "../../src/tensor/optimizers/lars.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";

/** The matrix after one step from an empty state, at a learning rate of 1. */
async function stepped(w: readonly number[], gradient: readonly number[]): Promise<number[]> {
  const optimizer = lars({ weightDecay: 0, trust: 0.01 });
  const specs = { w: float32([1, 2]) };
  const program = defineProgram({
    name: "lars",
    inputs: {
      params: specs,
      gradients: specs,
      state: optimizer.stateSpecs(specs),
      rate: float32([]),
    },
    body: ({ params, gradients, state, rate }) => ({
      ...optimizer.update(params, gradients, state, { learningRate: rate }).params,
    }),
  });
  await using compiled = await compile(program, {});
  const next = await compiled.run({
    params: { w: Float32Array.from(w) },
    gradients: { w: Float32Array.from(gradient) },
    state: { u: { w: new Float32Array(2) }, step: 0 },
    rate: 1,
  });
  return [...next.w];
}

it("scales a step by the size of what it changes, 1 where that or the step is nothing", async () => {
  expect(await stepped([3, 4], [0, 2])).toEqual([3, expect.closeTo(4 - 0.05, 5)]);
  expect(await stepped([0, 0], [1, -2])).toEqual([-1, 2]);
  expect(await stepped([3, 4], [0, 0])).toEqual([3, 4]);
});
