import { describe, expect, it } from "vitest";

import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { valueAndGradients } from "../../src/tensor/gradients.ts";
import { type HostTensor, hostTensor, specsOf } from "../../src/tensor/HostTensor.ts";
import { adamW } from "../../src/tensor/optimizers/adamW.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { float32, int32 } from "../../src/tensor/TensorSpec.ts";
import { TrainingSession } from "../../src/tensor/TrainingSession.ts";
import { type Scalar, type Tensor, type Tensor2D, tf } from "../../src/tensor/tf.ts";

const optimizer = adamW({ weightDecay: 0.01 });

function initialParams(rng: Rng) {
  return {
    w1: hostTensor(rng.normalArray(8 * 16, 0, 0.3), [8, 16]),
    b1: hostTensor(new Float32Array(16), [16]),
    w2: hostTensor(rng.normalArray(16 * 3, 0, 0.3), [16, 3]),
    b2: hostTensor(new Float32Array(3), [3]),
  };
}

function trainingProgram(params: Record<string, HostTensor<"float32">>) {
  const specs = specsOf(params);
  return defineProgram({
    name: "tiny-mlp",
    inputs: {
      state: { params: specs, adam: optimizer.stateSpecs(specs) },
      x: float32([12, 8]),
      y: int32([12]),
      learningRate: float32([]),
    },
    body: ({ state, x, y, learningRate }) => {
      const { value, gradients, aux } = valueAndGradients(state.params, (p) => {
        const hidden = tf.relu(tf.add(tf.matMul(x, p["w1"] as Tensor2D), p["b1"] as Tensor));
        const logits = tf.add(tf.matMul(hidden, p["w2"] as Tensor2D), p["b2"] as Tensor);
        const picked = tf.mul(tf.logSoftmax(logits), tf.oneHot(y, 3));
        const loss = tf.neg(tf.mean(tf.sum(picked, 1))) as Scalar;
        return {
          loss,
          aux: { accuracy: tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), y), "float32")) },
        };
      });
      const next = optimizer.update(state.params, gradients, state.adam, { learningRate });
      return { state: { params: next.params, adam: next.state }, loss: value, ...aux };
    },
  });
}

describe("TrainingSession", () => {
  it("learns on the compiled device along the same curve as eagerly in tfjs", async () => {
    const curves: number[][] = [];
    for (const device of ["cpu", "tfjs"] as const) {
      const rng = Rng.fromSeed(7);
      const params = initialParams(rng.fork("params"));
      const program = trainingProgram(params);
      await using session = await TrainingSession.open(program, {
        device,
        state: { params, adam: optimizer.init(params) },
      });
      const data = rng.fork("data");
      const x = data.normalArray(12 * 8);
      const y = Int32Array.from({ length: 12 }, () => data.int(0, 3));
      const curve: number[] = [];
      for (let step = 0; step < 30; step += 1) {
        const { loss } = await session.step({ x, y, learningRate: 0.02 });
        curve.push(loss[0] ?? Number.NaN);
      }
      curves.push(curve);
      const state = await session.readState();
      expect(state.adam.step.data[0]).toBe(30);
      expect(state.params["w1"]?.shape).toEqual([8, 16]);
    }
    const [compiled = [], eager = []] = curves;
    expect(compiled.at(-1)).toBeLessThan((compiled[0] ?? 0) / 4);
    for (const [step, loss] of compiled.entries())
      expect(loss / (eager[step] ?? 0)).toBeCloseTo(1, 4);
  });
});
