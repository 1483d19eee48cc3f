import { dense } from "../../../src/tensor/ops/dense.ts";
import { gelu } from "../../../src/tensor/ops/gelu.ts";
import { layerNorm } from "../../../src/tensor/ops/layerNorm.ts";
import type { Tensor, Tensor2D } from "../../../src/tensor/tf.ts";
import { drawShape, floats, type KernelCase } from "./KernelCase.ts";

export const fusedCases: readonly KernelCase[] = [
  {
    name: "gelu",
    kernels: ["SensoriumGelu"],
    draw: (rng) => ({
      // Further left 1 + tanh(u) cancels in the fused node: absolutely right to 10⁻⁷, not relatively.
      operands: [floats(rng, drawShape(rng), -2, 4)],
      apply: (x) => gelu(x as Tensor),
    }),
  },
  {
    name: "layerNorm",
    kernels: ["SensoriumLayerNorm"],
    draw: (rng) => {
      const width = rng.int(2, 6);
      return {
        operands: [
          floats(rng, [...drawShape(rng, 1, 2), width]),
          floats(rng, [width]),
          floats(rng, [width]),
        ],
        apply: (x, gain, bias) =>
          layerNorm(x as Tensor, { gain: gain as Tensor, bias: bias as Tensor, epsilon: 0.1 }),
      };
    },
  },
  {
    name: "dense, whose bias joins the product",
    kernels: ["BatchMatMul", "Add"],
    draw: (rng) => {
      const [from, to] = [rng.int(1, 5), rng.int(1, 5)];
      return {
        operands: [
          floats(rng, [...drawShape(rng, 1, 3), from]),
          floats(rng, [from, to]),
          floats(rng, [to]),
        ],
        apply: (x, w, b) => dense(x as Tensor, w as Tensor2D, b as Tensor),
      };
    },
  },
];
