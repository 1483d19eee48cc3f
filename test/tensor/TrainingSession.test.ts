import { describe, expect, it } from "vitest";

import { ConfigError, DeviceError, ShapeError } from "../../src/errors.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";
import { TrainingSession } from "../../src/tensor/TrainingSession.ts";
import { tf } from "../../src/tensor/tf.ts";
import { convNetOf, lstmOf, mlpOf, transformerOf } from "./support/trainables.ts";

const nets = { mlp: mlpOf, transformer: transformerOf, "conv net": convNetOf, lstm: lstmOf };

const counter = defineProgram({
  name: "counter",
  inputs: { state: { sum: float32([2]) }, x: float32([2]) },
  body: ({ state, x }) => ({ state: { sum: tf.add(state.sum, x) }, largest: tf.max(x) }),
});

describe("TrainingSession", () => {
  it.each(Object.keys(nets) as (keyof typeof nets)[])(
    "trains a small %s on the compiled device along the same curve as eagerly in tfjs",
    async (name) => {
      const curves: number[][] = [];
      for (const device of ["cpu", "tfjs"] as const) {
        const { program, state, feeds } = nets[name](Rng.fromSeed(7));
        await using session = await TrainingSession.open(program, { device, state });
        const curve: number[] = [];
        for (let step = 0; step < 25; step += 1)
          curve.push((await session.step(feeds)).loss[0] ?? Number.NaN);
        curves.push(curve);
        const after = await session.readState();
        expect(after.adam.step.data[0]).toBe(25);
        expect(after.params["o.w"]?.shape).toEqual(state.params["o.w"]?.shape);
      }
      const [compiled = [], eager = []] = curves;
      expect(compiled.at(-1)).toBeLessThan((compiled[0] ?? 0) * 0.8);
      // Rounding differs from the first step on and Adam amplifies it; the curves stay together.
      for (const [step, loss] of compiled.entries())
        expect(Math.abs(loss / (eager[step] ?? 0) - 1)).toBeLessThan(1e-3);
    },
    30_000,
  );

  it("reads a copy of the state, writes another, and leaves the caller's arrays alone", async () => {
    const sum = Float32Array.of(1, 2);
    await using session = await TrainingSession.open(counter, { state: { sum } });
    sum.fill(-100); // the session took a copy
    expect([...(await session.step({ x: Float32Array.of(1, 5) })).largest]).toEqual([5]);
    const kept = await session.readState();
    await session.step({ x: Float32Array.of(10, 10) });
    expect([...kept.sum.data]).toEqual([2, 7]);
    (await session.readState()).sum.data.fill(-100); // and gives copies
    expect([...(await session.readState()).sum.data]).toEqual([12, 17]);
    session.writeState(kept as never);
    await session.step({ x: Float32Array.of(1, 1) });
    expect([...(await session.readState()).sum.data]).toEqual([3, 8]);
    expect([...sum]).toEqual([-100, -100]);
  });

  it("refuses a state that leaves a step with another shape, or not at all", async () => {
    const growing = defineProgram({
      name: "growing",
      inputs: { state: { sum: float32([2]) } },
      body: ({ state }) => ({ state: { sum: tf.concat([state.sum, state.sum]) as never } }),
    });
    await expect(
      TrainingSession.open(growing, { state: { sum: new Float32Array(2) } }),
    ).rejects.toThrow('state "state/sum" must leave a step as float32[2], got float32[4]');
    const losing = defineProgram({
      name: "losing",
      inputs: { state: { sum: float32([2]) } },
      body: ({ state }) => ({ state: { total: tf.sum(state.sum) } as never }),
    });
    await expect(
      TrainingSession.open(losing, { state: { sum: new Float32Array(2) } }),
    ).rejects.toThrow(ShapeError);
    const stateless = defineProgram({
      name: "stateless",
      inputs: { x: float32([]) },
      body: ({ x }) => ({ x }),
    });
    await expect(TrainingSession.open(stateless as never, { state: {} as never })).rejects.toThrow(
      ConfigError,
    );
  });

  it("refuses steps after dispose", async () => {
    const session = await TrainingSession.open(counter, { state: { sum: new Float32Array(2) } });
    await session.dispose();
    await session.dispose();
    await expect(session.step({ x: new Float32Array(2) })).rejects.toThrow(DeviceError);
  });
});
