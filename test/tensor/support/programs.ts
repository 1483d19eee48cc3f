import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { float32 } from "../../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

/** y = factor · x for a batch of two-number rows, the factor baked in: small enough to open often. */
export async function openScaler(factor: number, batch = 1) {
  const program = defineProgram({
    name: `scale-by-${factor}`,
    inputs: { factor: float32([]), x: { shape: [batch, 2], dtype: "float32" } },
    body: ({ factor: by, x }) => ({ y: tf.mul(x as Tensor, by) }),
  });
  return compile(program, { constants: { factor } });
}
