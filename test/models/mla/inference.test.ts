import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { MLA_DEFAULTS, type MlaConfig } from "../../../src/models/mla/config.ts";
import { MlaInference } from "../../../src/models/mla/inference.ts";
import { MlaPredictor } from "../../../src/models/mla/MlaPredictor.ts";
import { initMla } from "../../../src/models/mla/network.ts";
import { Rng } from "../../../src/tensor/Rng.ts";

const config: MlaConfig = {
  ...MLA_DEFAULTS,
  modalities: {
    a: { input: [3], layers: [{ kind: "dense", width: 5 }] },
    b: {
      input: [4, 2],
      layers: [{ kind: "series", width: 4, stride: 2, taps: 1 }, { kind: "mean" }],
    },
  },
  width: 4,
  classes: 3,
};
const rng = Rng.fromSeed(3);
const params = initMla(config, () => rng.uniform());
const [a, b] = [rng.normalArray(3), rng.normalArray(8)];

const softmax = (logits: Float32Array, temperature = 1): number[] => {
  const powers = Array.from(logits, (y) => Math.exp(y / temperature));
  const mass = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / mass);
};
const expectClose = (actual: ArrayLike<number> | undefined, expected: readonly number[]): void => {
  for (const [i, value] of expected.entries()) expect(actual?.[i]).toBeCloseTo(value, 5);
};

describe("MlaInference", () => {
  it("answers as the modalities' own answers fused by the formula", async () => {
    await using inference = await MlaInference.open({ config, params, temperatures: { b: 0.5 } });
    await using predictor = await MlaPredictor.open({ config, params, batch: 2 });
    const { probabilities, weights, own } = await inference.answer({ a, b });
    const [ya, yb] = [
      (await predictor.predict("a", a)).logits,
      (await predictor.predict("b", b)).logits.map((y) => y / 0.5),
    ];
    expectClose(own["a"], softmax(ya));
    expectClose(own["b"], softmax(yb));
    const entropy = (p: readonly number[]): number =>
      p.reduce((sum, value) => sum - value * Math.log(value), 0);
    const [wa, wb] = [Math.exp(-entropy(softmax(ya))), Math.exp(-entropy(softmax(yb)))];
    expectClose([weights["a"] ?? 0, weights["b"] ?? 0], [wa / (wa + wb), wb / (wa + wb)]);
    expectClose(probabilities, softmax(ya.map((y, c) => (wa * y + wb * (yb[c] ?? 0)) / (wa + wb))));
  });

  it("answers by what is there alone", async () => {
    await using inference = await MlaInference.open({ config, params });
    const { probabilities, weights, own } = await inference.answer({ b });
    expect(weights).toEqual({ a: 0, b: 1 });
    expect(Object.keys(own)).toEqual(["b"]);
    expectClose(probabilities, Array.from(own["b"] ?? []));
    const nothing = await inference.answer({});
    expectClose(nothing.probabilities, [1 / 3, 1 / 3, 1 / 3]);
    expect(nothing.weights).toEqual({ a: 0, b: 0 });
  });

  it("refuses strangers, other sizes and temperatures that are not positive", async () => {
    await using inference = await MlaInference.open({ config, params });
    await expect(inference.answer({ c: a })).rejects.toThrow(ConfigError);
    await expect(inference.answer({ a: b })).rejects.toThrow(ShapeError);
    await expect(MlaInference.open({ config, params, temperatures: { a: 0 } })).rejects.toThrow(
      ConfigError,
    );
    await expect(
      MlaInference.open({ config, params: { ...params, encoders: {} } }),
    ).rejects.toThrow(ConfigError);
  });
});
