import { describe, expect, it } from "vitest";

import {
  ConfigError,
  DeviceError,
  ShapeError,
  TraceError,
  UnsupportedKernelError,
} from "../../src/errors.ts";
import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { float32, int32 } from "../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../src/tensor/tf.ts";

const affine = defineProgram({
  name: "affine",
  inputs: { params: { w: float32([2, 3]), b: float32([3]) }, x: float32([1, 2]) },
  body: ({ params, x }) => ({ y: tf.add(tf.matMul(x, params.w), params.b) }),
});
const params = { w: Float32Array.of(1, 2, 3, 4, 5, 6), b: Float32Array.of(10, 20, 30) };

describe("compile", () => {
  it("gives the same with weights as inputs and with weights baked in", async () => {
    await using open = await compile(affine);
    await using baked = await compile(affine, { constants: { params } });
    const x = Float32Array.of(1, -1);
    expect([...(await open.run({ params, x })).y]).toEqual([7, 17, 27]);
    expect([...(await baked.run({ x })).y]).toEqual([7, 17, 27]);
    expect(baked.inputs.map(({ path }) => path)).toEqual(["x"]);
    // One product with its bias: nothing is left of the Add and the Reshapes around it.
    expect(open.stats.nodes).toBe(1);
  });

  it("keeps the rank that only a filled operand has", async () => {
    const fill = (shape: readonly number[]) => tf.fill([...shape], 2);
    const turned = defineProgram({
      name: "turned",
      inputs: { x: float32([2, 3]) },
      body: ({ x }) => ({
        product: tf.transpose(tf.mul(x, fill([1, 2, 3])), [2, 1, 0]),
        chosen: tf.transpose(tf.where(tf.greater(x, 2), fill([1, 1]), fill([1, 2, 3])), [2, 0, 1]),
        // Constants too large to be folded while tracing.
        large: tf.sum(tf.mul(tf.eye(256), fill([1, 256, 256])), [1, 2]),
      }),
    });
    await using compiled = await compile(turned);
    const { product, chosen, large } = await compiled.run({ x: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect([...product]).toEqual([2, 8, 4, 10, 6, 12]);
    expect([...chosen]).toEqual([2, 2, 2, 2, 2, 2]);
    expect([...large]).toEqual([512]);
  });

  it("names the program and the operation when a body reads a value that depends on an input", async () => {
    const reading = defineProgram({
      name: "reading",
      inputs: { x: float32([2]) },
      body: ({ x }) => ({ y: tf.mul(x, tf.exp(x).dataSync()[0] ?? 0) }),
    });
    await expect(compile(reading)).rejects.toThrow(TraceError);
    await expect(compile(reading)).rejects.toThrow(/^reading: .*output of Exp/);
    // The failed traces left tfjs usable.
    expect(tf.tidy(() => tf.add(1, 2).dataSync()[0])).toBe(3);
    expect(tf.memory().numTensors).toBe(0);
  });

  it("keeps constants apart that differ in the sign of a zero alone", async () => {
    const program = defineProgram({
      name: "signs",
      inputs: { x: float32([2]) },
      body: ({ x }) => ({
        above: tf.div(1, tf.mul(x, tf.tensor1d([0, 2]))),
        below: tf.div(1, tf.mul(x, tf.tensor1d([-0, 2]))),
      }),
    });
    await using compiled = await compile(program);
    const { above, below } = await compiled.run({ x: Float32Array.of(1, 1) });
    expect([...above, ...below]).toEqual([Infinity, 0.5, -Infinity, 0.5]);
  });

  it("lets a body read what does not depend on an input", async () => {
    const constant = defineProgram({
      name: "constant",
      inputs: { x: float32([2]) },
      body: ({ x }) => ({ y: tf.mul(x, tf.exp(tf.scalar(0)).dataSync()[0] ?? 0) }),
    });
    await using compiled = await compile(constant);
    expect([...(await compiled.run({ x: Float32Array.of(1, 2) })).y]).toEqual([1, 2]);
  });

  it("names a missing kernel and the program", async () => {
    const unmapped = defineProgram({
      name: "fourier",
      inputs: { x: float32([4]) },
      body: ({ x }) => ({ y: tf.real(tf.spectral.rfft(x)) }),
    });
    const failure = await compile(unmapped).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnsupportedKernelError);
    expect(String(failure)).toMatch(/fourier: .*got (Complex|FFT)/);
  });

  it("takes tensors a body closes over as constants and leaves them to their owner", async () => {
    const outside = tf.tensor1d([1, 2]);
    const closing = defineProgram({
      name: "closing",
      inputs: { x: float32([2]) },
      body: ({ x }) => ({ y: tf.add(x, outside) }),
    });
    for (let round = 0; round < 2; round += 1) {
      await using compiled = await compile(closing);
      expect([...(await compiled.run({ x: Float32Array.of(1, 1) })).y]).toEqual([2, 3]);
    }
    expect([...outside.dataSync()]).toEqual([1, 2]);
    outside.dispose();
    expect(tf.memory().numTensors).toBe(0);
  });

  it("returns inputs, constants, one tensor twice, and tensors without elements", async () => {
    const odd = defineProgram({
      name: "odd",
      inputs: { x: float32([2]), empty: float32([0, 3]), unused: int32([2]) },
      body: ({ x, empty }) => {
        const doubled = tf.mul(x, 2);
        const widened: Tensor = tf.concat([empty, tf.zeros([0, 3])]);
        return {
          x,
          one: tf.ones([3]),
          a: doubled,
          b: doubled,
          widened,
          total: tf.sum(empty),
          least: tf.min(empty, 0),
        };
      },
    });
    await using compiled = await compile(odd);
    const results = await compiled.run({
      x: Float32Array.of(1, 2),
      empty: new Float32Array(0),
      unused: new Int32Array(2),
    });
    expect([...results.x]).toEqual([1, 2]);
    expect([...results.one]).toEqual([1, 1, 1]);
    expect([...results.a]).toEqual([2, 4]);
    expect([...results.b]).toEqual([2, 4]);
    expect(results.widened).toHaveLength(0);
    expect([...results.total]).toEqual([0]);
    expect([...results.least]).toEqual([Infinity, Infinity, Infinity]);
  });

  it("refuses feeds and constants of another size or dtype, by name", async () => {
    await using compiled = await compile(affine);
    const x = new Float32Array(2);
    await expect(compiled.run({ params, x: new Float32Array(3) })).rejects.toThrow(
      '"x" must be float32[1,2] (2 elements), got 3',
    );
    const turned = { dtype: "float32", shape: [2, 1], data: x } as const;
    await expect(compiled.run({ params, x: turned as never })).rejects.toThrow(
      '"x" must be float32[1,2], got [2,1]',
    );
    await expect(
      compiled.run({ params: { ...params, b: new Int32Array(3) as never }, x }),
    ).rejects.toThrow(ShapeError);
    await expect(compiled.run({ params } as never)).rejects.toThrow(
      '"x" must be float32[1,2], got undefined',
    );
    await expect(compile(affine, { constants: { nope: 1 } as never })).rejects.toThrow(ConfigError);
    await expect(compile(affine, { threads: 0 })).rejects.toThrow(
      "threads must be an integer >= 1, got 0",
    );
  });

  it("refuses runs after dispose and disposes twice without harm", async () => {
    const compiled = await compile(affine);
    await compiled.dispose();
    await compiled.dispose();
    await expect(compiled.run({ params, x: new Float32Array(2) })).rejects.toThrow(DeviceError);
  });

  it("keeps no tensor and little memory over 10,000 runs", async () => {
    const wide = defineProgram({
      name: "wide",
      inputs: { x: float32([4096]) },
      body: ({ x }) => ({ y: tf.exp(x) }),
    });
    await using compiled = await compile(wide);
    const x = new Float32Array(4096);
    for (let run = 0; run < 2_000; run += 1) await compiled.run({ x });
    const before = process.memoryUsage().rss;
    for (let run = 0; run < 10_000; run += 1) await compiled.run({ x });
    expect(tf.memory().numTensors).toBe(0);
    // Every output is 16 kB: 10,000 leaked ones are 160 MB. What waits for the collector is less.
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});
