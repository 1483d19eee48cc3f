import { describe, expect, it } from "vitest";

import { exportStages } from "../../../src/models/unified/exportStages.ts";
import { createInference } from "../../../src/models/unified/inference.ts";
import { decodeWeights } from "../../../src/models/unified/weights.ts";
import { asFloat32, type HostTensor, hostTensor } from "../../../src/tensor/HostTensor.ts";
import { OnnxModel } from "../../../src/tensor/OnnxModel.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { TINY, tinyWeights } from "../../support/tinyModel.ts";

const trained = decodeWeights(tinyWeights(), "tiny");
const { config } = trained;
const fusion = { ...config.fusion, temperatures: { a: 2, b: 0.75, joint: 0.5 } };
const weights = { ...trained, config: { ...config, fusion } };

/** A stage's file in the runtime, with the outputs that end in ":next" kept for the next row. */
async function openStage(bytes: Uint8Array, name: string) {
  const model = await OnnxModel.open(name, bytes);
  const carried: Record<string, HostTensor> = {};
  for (const { name: input, shape } of model.inputs)
    if (input.startsWith("caches/") || input === "entropy") {
      const sides = shape.map(Number);
      const array = new Float32Array(sides.reduce((product, side) => product * side, 1));
      carried[input] = hostTensor(input === "entropy" ? array.fill(1) : array, sides);
    }
  return {
    async run(feeds: Record<string, HostTensor>): Promise<Record<string, Float32Array>> {
      const outputs = await model.run({ ...feeds, ...carried });
      for (const input of Object.keys(carried)) {
        const next = outputs[`${input}:next`];
        if (next !== undefined) carried[input] = next;
      }
      return Object.fromEntries(
        Object.entries(outputs)
          .filter(([, { dtype }]) => dtype === "float32")
          .map(([output, { data }]) => [output, asFloat32(output, data)]),
      );
    },
    dispose: () => model.dispose(),
  };
}

describe("exported stages", () => {
  it("say row by row what the live model says, also without a stream", async () => {
    const files = exportStages(weights);
    expect(Object.keys(files).sort()).toEqual([
      "encoder-a.onnx",
      "encoder-b.onnx",
      "fusion.onnx",
      "head-a.onnx",
      "head-b.onnx",
      "head-joint.onnx",
      "joint.onnx",
    ]);
    const stages = Object.fromEntries(
      await Promise.all(
        Object.entries(files).map(
          async ([name, bytes]) => [name, await openStage(bytes, name)] as const,
        ),
      ),
    );
    const run = async (name: string, feeds: Record<string, HostTensor>) =>
      (await stages[`${name}.onnx`]?.run(feeds)) ?? {};
    const tensor = (data: ArrayLike<number> | undefined, shape: number[]): HostTensor =>
      hostTensor(Float32Array.from(data ?? []), shape);

    await using inference = await createInference(weights);
    let state = inference.initialState();
    const rng = Rng.fromSeed(5);
    for (let row = 0; row < 12; row++) {
      const hasB = row < 4 || row > 6;
      const features = { a: rng.normalArray(2), b: rng.normalArray(3) };
      const result = await inference.step(
        { a: features.a, b: hasB ? features.b : undefined },
        state,
      );
      state = result.state;

      const present = [1, hasB ? 1 : 0];
      const rows: Record<string, HostTensor> = {};
      const answers: number[] = [];
      for (const [at, name] of (["a", "b"] as const).entries()) {
        const encoded = await run(`encoder-${name}`, {
          x: tensor(features[name], [1, 1, features[name].length]),
          present: tensor([present[at] ?? 0], [1]),
        });
        rows[`rows/${name}`] = tensor(encoded["rows"], [1, 1, TINY.width]);
        rows[`present/${name}`] = tensor([present[at] ?? 0], [1]);
        const said = await run(`head-${name}`, {
          z: tensor(encoded["z"], [1, TINY.codeDim]),
          s: tensor(encoded["s"], [1, TINY.specific]),
        });
        answers.push(...(said["logProbabilities"] ?? []));
        if (present[at] === 1)
          expect(said["distance"]?.[0]).toBeCloseTo(
            result.outputs.streams[name]?.distance ?? Number.NaN,
            4,
          );
      }
      const joint = await run("joint", rows);
      const together = await run("head-joint", {
        z: tensor(joint["z"], [1, TINY.codeDim]),
        s: tensor(joint["s"], [1, TINY.specific]),
      });
      const fused = await run("fusion", {
        streams: tensor(answers, [2, TINY.classes.length]),
        joint: tensor(together["logProbabilities"], [1, TINY.classes.length]),
        present: tensor(present, [2]),
      });
      const expected = result.outputs.logProbabilities;
      for (const [at, value] of (fused["logProbabilities"] ?? []).entries())
        expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 4);
      expect(fused["logProbabilities"]).toHaveLength(TINY.classes.length);
    }
    for (const stage of Object.values(stages)) await stage.dispose();
  }, 60_000);
});
