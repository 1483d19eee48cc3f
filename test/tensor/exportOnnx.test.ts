import { describe, expect, it } from "vitest";

import { ModelError, ShapeError } from "../../src/errors.ts";
import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { exportOnnx } from "../../src/tensor/exportOnnx.ts";
import { modelProto } from "../../src/tensor/graph/onnxSchema.ts";
import { hostTensor } from "../../src/tensor/HostTensor.ts";
import { OnnxModel } from "../../src/tensor/OnnxModel.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";
import { tf } from "../../src/tensor/tf.ts";

const attend = defineProgram({
  name: "attend",
  inputs: { params: { w: float32([3, 3]) }, x: float32([2, 4, 3]), gain: float32([]) },
  body: ({ params, x, gain }) => {
    const scores = tf.matMul(x, x, false, true); // a batched product with a transpose: ORT has an op of its own
    const mixed = tf.matMul(tf.softmax(scores), x);
    return { out: { mixed: tf.mul(tf.matMul(mixed, params.w), gain) }, gain: tf.add(gain, 1) };
  },
});
const w = Float32Array.from({ length: 9 }, (_, i) => Math.sin(i));
const x = Float32Array.from({ length: 24 }, (_, i) => Math.cos(i));

describe("exportOnnx", () => {
  const bytes = exportOnnx(attend, { constants: { params: { w } }, metadata: { version: "7" } });

  it("writes a file that runs as a foreign model to the same numbers, under the program's names", async () => {
    await using model = await OnnxModel.open("attend.onnx", bytes);
    expect(model.inputs).toEqual([
      { name: "x", dtype: "float32", shape: [2, 4, 3] },
      { name: "gain", dtype: "float32", shape: [] },
    ]);
    expect(model.outputs.map(({ name }) => name)).toEqual(["out/mixed", "gain:next"]);
    const results = await model.run({
      x: hostTensor(x, [2, 4, 3]),
      gain: hostTensor(Float32Array.of(2), []),
    });
    await using compiled = await compile(attend, { constants: { params: { w } } });
    const expected = await compiled.run({ x, gain: 2 });
    expect(results["gain:next"]?.data[0]).toBe(3);
    const mixed = results["out/mixed"];
    expect(mixed?.shape).toEqual([2, 4, 3]);
    for (const [i, value] of expected.out.mixed.entries())
      expect(mixed?.data[i]).toBeCloseTo(value, 5);
  });

  it("uses standard operations only and reads back as it was written", () => {
    const model = modelProto.toObject(modelProto.decode(bytes), { longs: Number });
    expect(model["opsetImport"]).toEqual([{ version: 21 }]);
    expect(model["metadataProps"]).toEqual([{ key: "version", value: "7" }]);
    const domains = model["graph"].node.map((node: { domain?: string }) => node.domain ?? "");
    expect(new Set(domains)).toEqual(new Set([""]));
  });
});

describe("OnnxModel", () => {
  it("names the input that is missing, unknown, or of another shape", async () => {
    await using model = await OnnxModel.open("attend.onnx", exportOnnx(attend));
    const good = {
      "params/w": hostTensor(w, [3, 3]),
      x: hostTensor(x, [2, 4, 3]),
      gain: hostTensor(Float32Array.of(2), []),
    };
    const { gain: _, ...without } = good;
    await expect(model.run(without)).rejects.toThrow(
      'attend.onnx: input "gain" must be float32[], got nothing',
    );
    await expect(model.run({ ...good, noise: good.gain })).rejects.toThrow(ShapeError);
    await expect(model.run({ ...good, x: hostTensor(x, [4, 2, 3]) })).rejects.toThrow(
      'input "x" must be float32[2, 4, 3], got float32[4, 2, 3]',
    );
  });

  it("refuses bytes that are not a model", async () => {
    await expect(OnnxModel.open("noise.onnx", Uint8Array.of(1, 2, 3))).rejects.toThrow(ModelError);
  });
});
