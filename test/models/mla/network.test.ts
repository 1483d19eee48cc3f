import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { initLinear } from "../../../src/models/layers/Linear.ts";
import { checkMlaConfig, type LayerConfig, MLA_DEFAULTS } from "../../../src/models/mla/config.ts";
import { unimodalLoss } from "../../../src/models/mla/loss.ts";
import { encode, initEncoder } from "../../../src/models/mla/network.ts";
import { seriesFold } from "../../../src/models/mla/seriesFold.ts";
import { valueAndGradients } from "../../../src/tensor/gradients.ts";
import { type HostTree, isHostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import type { TensorTree } from "../../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const uniform = (seed: number): (() => number) => {
  const rng = Rng.fromSeed(seed);
  return () => rng.uniform();
};
const tensorsOf = (tree: HostTree): TensorTree =>
  Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [
      name,
      isHostTensor(node) ? tf.tensor(node.data, [...node.shape], "float32") : tensorsOf(node),
    ]),
  );

const ENCODERS: readonly { input: readonly number[]; layers: readonly LayerConfig[] }[] = [
  { input: [5], layers: [] },
  {
    input: [6, 3],
    layers: [
      { kind: "series", width: 4, stride: 2, taps: 3 },
      { kind: "mean" },
      { kind: "dense", width: 5 },
    ],
  },
  {
    input: [2, 5, 4, 2],
    layers: [
      { kind: "picture", filters: 3, kernel: 3, stride: 2 },
      { kind: "flatten", axes: 3 },
      { kind: "dense", width: 4 },
      { kind: "flatten", axes: 2 },
    ],
  },
];

describe("seriesFold", () => {
  it("lays neighbours side by side, earliest first, zeros beyond the ends", () => {
    const x = tf.tensor([1, 2, 3, 4], [1, 4, 1]);
    const folded = seriesFold(x, 2, 3);
    expect(folded.shape).toEqual([1, 2, 6]);
    expect([...folded.dataSync()]).toEqual([0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 0, 0]);
  });

  it("is x itself at stride 1 with one tap", () => {
    const x = tf.tensor([1, 2, 3, 4, 5, 6], [1, 3, 2]);
    expect([...seriesFold(x, 1, 1).dataSync()]).toEqual([...x.dataSync()]);
  });
});

describe("encode", () => {
  it.each(ENCODERS)("turns [B, $input] into [B, s], sample by sample", ({ input, layers }) => {
    const params = tensorsOf(initEncoder({ input, layers }, 4, uniform(1))) as never;
    const size = input.reduce((product, side) => product * side, 1);
    const x = tf.tensor(Rng.fromSeed(2).normalArray(3 * size), [3, ...input]);
    const all = encode({ input, layers }, params, x);
    expect(all.shape).toEqual([3, 4]);
    const alone = encode({ input, layers }, params, tf.slice(x, 1, 1));
    for (const [i, value] of alone.dataSync().entries())
      expect(value).toBeCloseTo(all.dataSync()[4 + i] ?? Number.NaN, 5);
  });

  it("refuses layers that do not fit each other or leave more than one axis", () => {
    const refused = (input: number[], layers: LayerConfig[]): void => {
      expect(() => initEncoder({ input, layers }, 4, uniform(1))).toThrow(ConfigError);
    };
    refused([6, 3], []);
    refused([5, 3], [{ kind: "series", width: 2, stride: 2, taps: 1 }, { kind: "mean" }]);
    refused([6, 3], [{ kind: "series", width: 2, stride: 2, taps: 2 }, { kind: "mean" }]);
    refused([6], [{ kind: "mean" }]);
    refused([6], [{ kind: "flatten", axes: 2 }]);
    refused([6, 3], [{ kind: "picture", filters: 2, kernel: 3, stride: 1 }]);
  });
});

describe("unimodalLoss", () => {
  const batchOf = (input: readonly number[]) => {
    const size = input.reduce((product, side) => product * side, 1);
    return {
      x: tf.tensor(Rng.fromSeed(4).normalArray(3 * size), [3, ...input]),
      labels: tf.tensor([0, 2, 1], [3], "int32"),
      weights: tf.tensor([1, 0.5, 0]),
      dropout: tf.tensor([2, 0, 2, 2, 0, 2, 2, 2, 2, 2, 0, 2], [3, 4]),
    };
  };
  const paramsOf = (encoder: (typeof ENCODERS)[number]): TensorTree =>
    tensorsOf({
      encoder: initEncoder(encoder, 4, uniform(5)),
      head: initLinear(uniform(6), 4, 3),
    } as unknown as HostTree);

  it.each(ENCODERS)("has the gradients of finite differences for [$input]", (encoder) => {
    const batch = batchOf(encoder.input);
    const loss = (params: TensorTree): Tensor =>
      unimodalLoss(encoder, params as never, batch, 0.1).loss;
    const params = paramsOf(encoder);
    const { gradients } = valueAndGradients(params, (p) => loss(p) as never);
    const compare = (tree: TensorTree, gradient: TensorTree): void => {
      for (const [name, node] of Object.entries(tree)) {
        const own = gradient[name];
        if (own === undefined) throw new Error(`no gradient of ${name}`);
        if (!(node instanceof tf.Tensor)) {
          compare(node as TensorTree, own as TensorTree);
          continue;
        }
        // The directional derivative along the gradient's signs.
        const signs = tf.sign(own as Tensor);
        const expected = tf.sum(tf.mul(own as Tensor, signs)).dataSync()[0] ?? Number.NaN;
        const moved = (by: number): number => {
          (tree as Record<string, unknown>)[name] = tf.add(node as Tensor, tf.mul(signs, by));
          const value = loss(params).dataSync()[0] ?? Number.NaN;
          (tree as Record<string, unknown>)[name] = node;
          return value;
        };
        const step = 2e-3;
        const measured = (moved(step) - moved(-step)) / (2 * step);
        expect(Math.abs(measured - expected), name).toBeLessThan(2e-3 + 0.02 * expected);
      }
    };
    compare(params, gradients);
  });

  it("is the cross-entropy of the counted examples and tells their mean features", () => {
    const encoder = { input: [4], layers: [] };
    const batch = batchOf([4]);
    const params = paramsOf(encoder);
    const head = params["head"] as unknown as { weight: Tensor; bias: Tensor };
    const features = tf
      .mul(encode(encoder, params["encoder"] as never, batch.x), batch.dropout)
      .arraySync() as number[][];
    const weight = head.weight.arraySync() as number[][];
    const cost = [0, 1].map((row) => {
      const logits = [0, 1, 2].map((c) =>
        (features[row] ?? []).reduce((sum, value, i) => sum + value * (weight[i]?.[c] ?? 0), 0),
      );
      const mass = logits.reduce((sum, y) => sum + Math.exp(y), 0);
      return Math.log(mass) - (logits[[0, 2][row] ?? 0] ?? 0);
    });
    const { loss, mean } = unimodalLoss(encoder, params as never, batch, 0);
    expect(loss.dataSync()[0]).toBeCloseTo(((cost[0] ?? 0) + 0.5 * (cost[1] ?? 0)) / 1.5, 5);
    for (const [i, value] of mean.dataSync().entries())
      expect(value).toBeCloseTo(((features[0]?.[i] ?? 0) + 0.5 * (features[1]?.[i] ?? 0)) / 1.5, 5);
  });
});

describe("checkMlaConfig", () => {
  const config = {
    ...MLA_DEFAULTS,
    modalities: { a: { input: [2], layers: [] } },
    width: 4,
    classes: 3,
  };

  it("passes a sound configuration through", () => {
    expect(checkMlaConfig(config)).toBe(config);
  });

  it("refuses what is out of range", () => {
    for (const change of [
      { modalities: {} },
      { width: 0 },
      { classes: 1 },
      { labelSmoothing: 1 },
      { guard: { kind: "paper", alpha: 0 } },
      { guard: { kind: "leaky", alpha: 0.1, leak: 2 } },
      { guard: { kind: "stream", alpha: 0.1, meanDecay: 1 } },
      { optimizer: { kind: "sgd", momentum: 0, weightDecay: -1 } },
    ] as const)
      expect(() => checkMlaConfig({ ...config, ...change })).toThrow(ConfigError);
  });
});
