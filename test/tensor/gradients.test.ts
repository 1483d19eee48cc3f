import { describe, expect, it } from "vitest";

import { TraceError } from "../../src/errors.ts";
import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { stopGradient, straightThrough, valueAndGradients } from "../../src/tensor/gradients.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "../../src/tensor/tf.ts";

const a = Float32Array.of(1, 2);
const b = Float32Array.of(3, -1);

/** Runs a loss of two parameters of two numbers on a device. */
async function differentiate(device: "cpu" | "tfjs", loss: (a: Tensor, b: Tensor) => Tensor) {
  const program = defineProgram({
    name: "loss",
    inputs: { params: { a: float32([2]), deep: { b: float32([2]) } } },
    body: ({ params }) => {
      const { value, gradients, aux } = valueAndGradients(params, (p) => {
        const result = loss(p.a, p.deep.b) as Scalar;
        return { loss: result, aux: { doubled: tf.mul(p.a, 2), again: { loss: result } } };
      });
      return { value, gradients, aux };
    },
  });
  await using compiled = await compile(program, { device });
  const { value, gradients, aux } = await compiled.run({ params: { a, deep: { b } } });
  return {
    value: value[0],
    a: [...gradients.a],
    b: [...gradients.deep.b],
    doubled: [...aux.doubled],
    again: aux.again.loss[0],
  };
}

describe.each(["cpu", "tfjs"] as const)("gradients on %s", (device) => {
  it("valueAndGradients names gradients like parameters and hands the rest out", async () => {
    const result = await differentiate(device, (x, y) => tf.sum(tf.mul(tf.square(x), y)));
    expect(result).toEqual({ value: -1, a: [6, -4], b: [1, 4], doubled: [2, 4], again: -1 });
    expect(tf.memory().numTensors).toBe(0);
  });

  it("valueAndGradients gives zeros for a parameter that the loss does not reach", async () => {
    const { a: da, b: db } = await differentiate(device, (x) => tf.sum(tf.square(x)));
    expect([da, db]).toEqual([
      [2, 4],
      [0, 0],
    ]);
  });

  it("stopGradient keeps the value and lets nothing back through", async () => {
    const {
      value,
      a: da,
      b: db,
    } = await differentiate(device, (x, y) => tf.sum(tf.mul(stopGradient(tf.square(x)), y)));
    expect(value).toBe(-1);
    expect([da, db]).toEqual([
      [0, 0],
      [1, 4],
    ]);
  });

  it("stopGradient outlives the tensor it was taken from", async () => {
    const { value } = await differentiate(device, (x, y) => {
      const squared = tf.square(x);
      const stopped = stopGradient(squared);
      squared.dispose();
      return tf.sum(tf.mul(stopped, y));
    });
    expect(value).toBe(-1);
    expect(tf.memory().numTensors).toBe(0);
  });

  it("straightThrough shows q going forward and passes its gradient to x alone", async () => {
    const {
      value,
      a: da,
      b: db,
    } = await differentiate(device, (x, y) => {
      const q = tf.round(tf.mul(y, 10)); // 30, −10: depends on y, but no gradient may reach it
      return tf.sum(tf.mul(straightThrough(x, q), tf.tensor1d([2, 5])));
    });
    expect(value).toBe(10);
    expect([da, db]).toEqual([
      [2, 5],
      [0, 0],
    ]);
  });
});

describe("valueAndGradients", () => {
  const bodyOf = (loss: (x: Tensor) => Tensor) =>
    compile(
      defineProgram({
        name: "bad-loss",
        inputs: { params: { x: float32([2]) } },
        body: ({ params }) => valueAndGradients(params, (p) => loss(p.x) as Scalar).gradients,
      }),
    );

  it("refuses a loss that is no scalar, or that no parameter reaches", async () => {
    await expect(bodyOf((x) => tf.square(x))).rejects.toThrow(
      "loss must be a scalar, got shape [2]",
    );
    await expect(bodyOf(() => tf.scalar(1))).rejects.toThrow(TraceError);
  });

  it("refuses a body that awaits", async () => {
    const program = defineProgram({
      name: "awaiting",
      inputs: { x: float32([]) },
      body: (async ({ x }: { x: Tensor }) => ({ x })) as never,
    });
    await expect(compile(program)).rejects.toThrow(
      "awaiting: body must return tensors at once, got a promise",
    );
  });
});
