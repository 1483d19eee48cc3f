import { describe, expect, it } from "vitest";

import { ConfigError, ModelError } from "../../src/errors.ts";
import { Trainer } from "../../src/learn/Trainer.ts";
import { hostTensor } from "../../src/tensor/HostTensor.ts";
import { adam } from "../../src/tensor/optimizers/adamW.ts";
import { sgd } from "../../src/tensor/optimizers/sgd.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";
import { tf } from "../../src/tensor/tf.ts";

const line = (options: { readonly clipNorm?: number } = {}) =>
  Trainer.open({
    name: "line",
    params: {
      slope: hostTensor(new Float32Array(1), [1]),
      unused: hostTensor(Float32Array.of(7), [1]),
    },
    extra: { seen: hostTensor(new Float32Array(1), []) },
    batch: { x: float32([4]), y: float32([4]) },
    optimizer: sgd(),
    ...options,
    loss: ({ slope }, { x, y }, { seen }) => {
      const error = tf.sub(tf.mul(x, slope), y);
      return {
        loss: tf.mean(tf.square(error)),
        metrics: { worst: tf.max(tf.abs(error)) },
        extra: { seen: tf.add(seen, 4) },
      };
    },
  });
const batch = { x: Float32Array.of(1, 2, 3, 4), y: Float32Array.of(2, 4, 6, 8) };

describe("Trainer", () => {
  it("takes the step that the gradient and the rate say, and tells loss and metrics of before", async () => {
    await using trainer = await line();
    const told = await trainer.step(batch, 0.01);
    expect(told["loss"]).toBeCloseTo(30, 5); // mean of 4, 16, 36, 64
    expect(told["worst"]).toBeCloseTo(8, 6);
    expect(told["gradientNorm"]).toBeCloseTo(30, 4); // 2 · mean(x·(0 − y))
    expect((await trainer.readParams()).slope.data[0]).toBeCloseTo(0.3, 6);
    expect(trainer.steps).toBe(1);
  });

  it("leaves weights that the loss does not reach as they are", async () => {
    await using trainer = await line();
    await trainer.step(batch, 0.01);
    expect((await trainer.readParams()).unused.data[0]).toBe(7);
  });

  it("carries the state without gradient from step to step", async () => {
    await using trainer = await line();
    await trainer.step(batch, 0.01);
    await trainer.step(batch, 0.01);
    expect((await trainer.readExtra()).seen.data[0]).toBe(8);
  });

  it("clips the gradient to the norm it was given", async () => {
    await using trainer = await line({ clipNorm: 3 });
    await trainer.step(batch, 0.01);
    expect((await trainer.readParams()).slope.data[0]).toBeCloseTo(0.03, 6);
  });

  it("learns a line", async () => {
    const rng = Rng.fromSeed(1);
    await using trainer = await Trainer.open({
      name: "affine",
      params: {
        w: hostTensor(new Float32Array(2), [2, 1]),
        b: hostTensor(new Float32Array(1), [1]),
      },
      batch: { x: float32([16, 2]), y: float32([16, 1]) },
      optimizer: adam(),
      loss: ({ w, b }, { x, y }) => ({
        loss: tf.mean(tf.squaredDifference(tf.add(tf.matMul(x, w), b), y)),
      }),
    });
    for (let step = 0; step < 400; step++) {
      const x = rng.normalArray(32, 0, 1);
      const y = Float32Array.from(
        { length: 16 },
        (_, i) => 2 * (x[2 * i] ?? 0) - (x[2 * i + 1] ?? 0) + 3,
      );
      await trainer.step({ x, y }, 0.03);
    }
    const { w, b } = await trainer.readParams();
    expect([...w.data, ...b.data].map((value) => Math.round(value * 100) / 100)).toEqual([
      2, -1, 3,
    ]);
  });

  it("refuses to go on from a loss that is not finite", async () => {
    await using trainer = await line();
    const spoilt = { x: batch.x, y: Float32Array.of(Number.NaN, 0, 0, 0) };
    await expect(trainer.step(spoilt, 0.01)).rejects.toThrow(ModelError);
  });

  it("refuses a metric with a name of its own and a clip norm that clips all", async () => {
    await expect(line({ clipNorm: 0 })).rejects.toThrow(ConfigError);
    const clash = Trainer.open({
      name: "clash",
      params: { w: hostTensor(Float32Array.of(1), [1]) },
      batch: {},
      loss: ({ w }) => ({ loss: tf.sum(w), metrics: { loss: tf.sum(w) } }),
    });
    await expect(clash).rejects.toThrow(/other metrics than "loss"/);
  });
});
