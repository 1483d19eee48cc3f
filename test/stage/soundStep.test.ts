import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  createInference,
  type Inference,
  type InferenceState,
  type RowInputs,
} from "../../src/models/unified/inference.ts";
import { decodeWeights } from "../../src/models/unified/weights.ts";
import { soundStep } from "../../src/stage/soundStep.ts";
import { tinyWeights } from "../support/tinyModel.ts";

describe("soundStep", () => {
  let inference: Inference;

  beforeAll(async () => {
    inference = await createInference(decodeWeights(tinyWeights()));
  });

  afterAll(() => inference[Symbol.asyncDispose]());

  const rowAt = (index: number): RowInputs => ({
    a: Float32Array.of(Math.sin(index), Math.cos(3 * index)),
    b: Float32Array.of(index / 10, -1, Math.sin(2 * index)),
  });

  /** The readings of 12 rows, of which row 4 is another. */
  async function play(fourth: RowInputs) {
    let state: InferenceState = inference.initialState();
    const outputs = [];
    const unusable = [];
    for (let index = 0; index < 12; index++) {
      const row = index === 4 ? fourth : rowAt(index);
      const sound = await soundStep(inference, row, state);
      state = sound.step.state;
      outputs.push(sound.step.outputs);
      unusable.push(sound.unusable);
    }
    return { outputs, unusable };
  }

  it("is a plain step where every number can be computed with", async () => {
    const state = inference.initialState();
    const { step, unusable } = await soundStep(inference, rowAt(0), state);
    expect(unusable).toEqual([]);
    expect(step).toEqual(await inference.step(rowAt(0), state));
  });

  it.each([
    ["no numbers", Number.NaN],
    ["infinite", Number.POSITIVE_INFINITY],
    ["the largest of floats, a sensor's “no value”", 3.4e38],
    ["the same below zero", -3.4e38],
    ["too large for any model to square", 1.9e19],
  ])("answers a row whose numbers are %s as if the stream were missing", async (_, value) => {
    const broken = await play({ ...rowAt(4), a: Float32Array.of(value, value) });
    const missing = await play({ ...rowAt(4), a: undefined });
    expect(broken.unusable.map((names) => names.join())).toEqual(
      Array.from({ length: 12 }, (_, index) => (index === 4 ? "a" : "")),
    );
    expect(missing.unusable.flat()).toEqual([]);
    expect(broken.outputs).toEqual(missing.outputs);
  });

  it("gives the prior where no stream can be computed with, and is itself again at the next row", async () => {
    const huge = (size: number) => new Float32Array(size).fill(3.4e38);
    const { outputs, unusable } = await play({ a: huge(2), b: huge(3) });
    expect(unusable[4]).toEqual(["a", "b"]);
    expect(outputs[4]?.streams).toEqual({});
    for (const { logProbabilities } of outputs)
      expect(logProbabilities.every(Number.isFinite)).toBe(true);
  });
});
