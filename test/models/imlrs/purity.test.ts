import { beforeAll, describe, expect, it } from "vitest";

import type { ImlConfig } from "../../../src/models/imlrs/config.ts";
import { encode, type ImlInputs, tokensOfModality } from "../../../src/models/imlrs/network.ts";
import type { ImlParams } from "../../../src/models/imlrs/params.ts";
import { valueAndGradients } from "../../../src/tensor/gradients.ts";
import type { TensorTree } from "../../../src/tensor/TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "../../../src/tensor/tf.ts";
import { flattenTree } from "../../../src/tensor/tree.ts";
import {
  formulaInputs,
  formulaWeights,
  largestDifference,
  randomInputs,
  randomWeights,
  TINY,
} from "./tinyNetwork.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const FORMS: readonly ImlConfig[] = [TINY, { ...TINY, modalityAttention: "selfMPlus1" }];

function encodeAll(config: ImlConfig, params: ImlParams<Tensor>, inputs: ImlInputs) {
  const encoded = encode(params, config, inputs);
  return {
    fusion: encoded.fusion.dataSync(),
    tokens: Object.fromEntries(
      Object.keys(inputs).map((name) => [name, tokensOfModality(encoded, name).dataSync()]),
    ),
  };
}

describe.each(FORMS)("a modality in the $modalityAttention form", (config) => {
  const params = randomWeights(config);
  const inputs = randomInputs(config);
  const whole = encodeAll(config, params, inputs);

  it("is not moved by one bit when another one changes, while the fusion tokens are", () => {
    // Random, not a constant shift: a norm removes a constant and the test would pass in vain.
    const other = randomInputs(config, 2, 9)["beta"];
    const changed = encodeAll(config, params, { ...inputs, ...(other && { beta: other }) });
    expect(changed.tokens["alpha"]).toEqual(whole.tokens["alpha"]);
    expect(changed.tokens["gamma"]).toEqual(whole.tokens["gamma"]);
    expect(changed.tokens["beta"]).not.toEqual(whole.tokens["beta"]);
    expect(largestDifference(changed.fusion, whole.fusion)).toBeGreaterThan(1e-3);
  });

  it("is not moved by one bit when another one is left out or masked as absent", () => {
    const { alpha, gamma, beta } = inputs;
    if (alpha === undefined || gamma === undefined || beta === undefined) throw new RangeError();
    const without = encodeAll(config, params, { alpha, gamma });
    const masked = encodeAll(config, params, {
      ...inputs,
      beta: { x: beta.x, present: tf.zeros([2]) },
    });
    for (const partly of [without, masked]) {
      expect(partly.tokens["alpha"]).toEqual(whole.tokens["alpha"]);
      expect(partly.tokens["gamma"]).toEqual(whole.tokens["gamma"]);
      expect(largestDifference(partly.fusion, whole.fusion)).toBeGreaterThan(1e-3);
    }
    expect(largestDifference(masked.fusion, without.fusion)).toBeLessThan(1e-6);
  });

  it("leaves no trace when masked, whatever its data are", () => {
    const absent = (seed: number) => ({
      x: randomInputs(config, 2, seed)["beta"]?.x ?? tf.zeros([0]),
      present: tf.zeros([2]),
    });
    const one = encodeAll(config, params, { ...inputs, beta: absent(11) });
    const other = encodeAll(config, params, { ...inputs, beta: absent(12) });
    expect(one.fusion).toEqual(other.fusion);
  });

  it("has hidden tokens that leave no trace, whatever they hold", () => {
    const visible = tf.tensor([
      [1, 0, 1, 1],
      [0, 1, 1, 0],
    ]);
    const x = inputs["alpha"]?.x ?? tf.zeros([0]);
    const shown = tf.reshape(tf.tile(tf.expandDims(visible, 2), [1, 1, 2]), [2, 8, 1]);
    const spoilt = tf.add(tf.mul(x, shown), tf.mul(tf.sub(1, shown), 7.5));
    const one = encodeAll(config, params, { ...inputs, alpha: { x, visible } });
    const other = encodeAll(config, params, { ...inputs, alpha: { x: spoilt, visible } });
    expect(one.fusion).toEqual(other.fusion);
    expect(one.fusion).not.toEqual(whole.fusion);
  });

  it("has no gradient to fusion tokens, hidden embedding and modality attention", () => {
    const masked = formulaInputs(config);
    const { gradients } = valueAndGradients(formulaWeights(config) as never, (weights) => {
      const encoded = encode(weights as never, config, masked);
      return tf.sum(
        tf.square(
          tf.concat(
            ["alpha", "beta", "gamma"].map((name) =>
              tf.reshape(tokensOfModality(encoded, name), [-1]),
            ),
          ),
        ),
      ) as Scalar;
    });
    const leaves = flattenTree(gradients as TensorTree, isTensor);
    const largest = (pattern: RegExp): number[] =>
      leaves
        .filter(([path]) => pattern.test(path))
        .map(([, gradient]) => tf.max(tf.abs(gradient as Tensor)).dataSync()[0] ?? Number.NaN);
    expect(new Set(largest(/^fusion\/|\/fuse\//))).toEqual(new Set([0]));
    expect(
      Math.min(...largest(/^layers\/0\/(attention|feedForward)\/(value|out)$/)),
    ).toBeGreaterThan(0);
  });
});

describe("the fusion tokens", () => {
  const params = randomWeights(TINY);

  it("have a gradient to every present modality and none to an absent one", () => {
    const inputs = randomInputs(TINY);
    const data = (name: string): Tensor => inputs[name]?.x ?? tf.zeros([0]);
    const loss = (alpha: Tensor, beta: Tensor, gamma: Tensor): Tensor =>
      tf.sum(
        tf.square(
          encode(params, TINY, {
            alpha: { x: alpha },
            beta: { x: beta, present: tf.tensor([1, 0]) },
            gamma: { x: gamma },
          }).fusion,
        ),
      );
    const gradients = tf.grads(loss as never)([data("alpha"), data("beta"), data("gamma")]);
    const perSample = gradients.map((gradient) =>
      [0, 1].map((row) =>
        Number(tf.max(tf.abs(tf.slice(gradient, [row, 0, 0], [1, -1, -1]))).dataSync()[0]),
      ),
    );
    expect(perSample[0]?.every((size) => size > 1e-6)).toBe(true);
    expect(perSample[2]?.every((size) => size > 1e-6)).toBe(true);
    expect(perSample[1]?.[0]).toBeGreaterThan(1e-6);
    expect(perSample[1]?.[1]).toBe(0);
  });

  it("are the same to the bit whatever the order of modalities", () => {
    const inputs = formulaInputs(TINY);
    const reversed = { ...TINY, modalities: TINY.modalities.toReversed() };
    const one = encode(formulaWeights(TINY), TINY, inputs).fusion.dataSync();
    const other = encode(
      formulaWeights(reversed),
      reversed,
      Object.fromEntries(Object.entries(inputs).toReversed()),
    ).fusion.dataSync();
    expect(other).toEqual(one);
  });

  it("move with their positions when inputs, learned tokens and embeddings are permuted together", () => {
    // Without the fixed embedding, permuting positions is permuting inputs and learned tokens.
    const config: ImlConfig = { ...TINY, positions: "none" };
    const inputs = randomInputs(config);
    const swapTokens = (x: Tensor): Tensor => {
      const [first = 0, length = 0] = x.shape;
      return tf.concat(
        [
          tf.slice(x, [0, length / 2, 0], [first, length / 2, -1]),
          tf.slice(x, [0, 0, 0], [first, length / 2, -1]),
        ],
        1,
      );
    };
    const flat = encode(params, config, inputs).fusion;
    const swapped = encode(
      {
        ...params,
        fusion: {
          tokens: tf.reverse(params.fusion.tokens, 0),
          hidden: tf.reverse(params.fusion.hidden, 0),
        },
      },
      config,
      Object.fromEntries(
        Object.entries(inputs).map(([name, { x }]) => [name, { x: swapTokens(x) }]),
      ),
    ).fusion;
    expect(largestDifference(tf.reverse(swapped, 1).dataSync(), flat.dataSync())).toBeLessThan(
      2e-6,
    );
    expect(largestDifference(swapped.dataSync(), flat.dataSync())).toBeGreaterThan(1e-4);
  });

  it("stay what they are for a sample without any modality", () => {
    const inputs = randomInputs(TINY);
    const nothing = Object.fromEntries(
      Object.entries(inputs).map(([name, { x }]) => [name, { x, present: tf.tensor([0, 1]) }]),
    );
    const one = encode(params, TINY, nothing).fusion.dataSync();
    const other = encode(params, TINY, {
      ...nothing,
      alpha: {
        x: randomInputs(TINY, 2, 21)["alpha"]?.x ?? tf.zeros([0]),
        present: tf.tensor([0, 1]),
      },
    }).fusion.dataSync();
    expect(one.every(Number.isFinite)).toBe(true);
    expect(one.subarray(0, 16)).toEqual(other.subarray(0, 16));
    expect(one.subarray(16)).not.toEqual(other.subarray(16));
  });
});

function isTensor(node: object): node is Tensor {
  return node instanceof tf.Tensor;
}
