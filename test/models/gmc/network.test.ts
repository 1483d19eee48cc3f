import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { classifyEmbeddings, initClassifier } from "../../../src/models/gmc/classifier.ts";
import { checkGmcConfig, type GmcConfig } from "../../../src/models/gmc/config.ts";
import { gmcLoss } from "../../../src/models/gmc/loss.ts";
import { embed, encodeJoint, encodeModality, project } from "../../../src/models/gmc/network.ts";
import {
  countParameters,
  type GmcParams,
  type GmcStatistics,
  initGmc,
  initGmcStatistics,
} from "../../../src/models/gmc/params.ts";
import {
  mhdDigitsConfig,
  mhdPaperConfig,
  pendulumPaperConfig,
} from "../../../src/models/gmc/presets.ts";
import type { HostTensor, HostTree } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { smallConfig, tensorsOf } from "./small.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const host = (tree: unknown): HostTree => tree as HostTree;
const paramsOf = (config: GmcConfig, seed = 1): GmcParams<Tensor> => {
  const rng = Rng.fromSeed(seed);
  return tensorsOf(initGmc(config, () => rng.uniform())) as unknown as GmcParams<Tensor>;
};
const inputsOf = (config: GmcConfig, batch: number, seed = 2): Record<string, Tensor> => {
  const rng = Rng.fromSeed(seed);
  return Object.fromEntries(
    config.modalities.map(({ name, shape }) => [
      name,
      tf.tensor(rng.normalArray(batch * sizeOfShape(shape)), [batch, ...shape]),
    ]),
  );
};
const numbers = (tensor: Tensor): number[] => [...tensor.dataSync()];

describe("sizes of the published networks", () => {
  it("has 2,884,224 weights for MHD, 1,933,386 for the pendulum, 50,826 in the classifier", () => {
    const zero = (): number => 0;
    expect(countParameters(host(initGmc(mhdPaperConfig, zero)))).toBe(2_884_224);
    expect(countParameters(host(initGmc(pendulumPaperConfig, zero)))).toBe(1_933_386);
    expect(countParameters(host(initClassifier(zero, 64, 10)))).toBe(50_826);
  });

  it("has stacks of 132,096, 214,016 and 365,568 weights and a head of 328,768", () => {
    const { modalities, head } = initGmc(mhdPaperConfig, () => 0);
    const stack = (name: string): number => countParameters(host(modalities[name]?.stack));
    expect([stack("image"), stack("sound"), stack("trajectory"), stack("label")]).toEqual([
      132_096, 214_016, 365_568, 0,
    ]);
    expect(countParameters(host(head))).toBe(328_768);
  });

  it("reads the label raw in the joint and no label at all for our digits", () => {
    const { joint } = initGmc(mhdPaperConfig, () => 0);
    expect(Object.keys(joint.stacks)).toEqual(["image", "sound", "trajectory"]);
    expect(joint.out.weight.shape).toEqual([8842, 64]);
    const digits = mhdDigitsConfig();
    expect(digits.modalities.map(({ name }) => name)).not.toContain("label");
    const speech = initGmc(digits, () => 0).modalities["speech"];
    expect(speech?.out.weight.shape).toEqual([2560, 64]);
  });
});

describe("embed", () => {
  const config = smallConfig;
  const params = paramsOf(config);
  const inputs = inputsOf(config, 5);
  const statistics = statisticsOf(config);
  const all = embed(config, params, { mode: "inference", statistics, inputs });

  it("gives unit vectors for every modality and the joint", () => {
    for (const z of [all.joint, ...Object.values(all.modalities)]) {
      expect(z.shape).toEqual([5, 4]);
      for (const norm of numbers(tf.norm(z, 2, 1))) expect(Math.abs(norm - 1)).toBeLessThan(1e-6);
    }
  });

  it("runs every stream through the one head", () => {
    const { h } = encodeJoint(config, params, inputs, { mode: "inference", statistics });
    const alone = project(config, params.head, h);
    numbers(alone).forEach((v, i) => void expect(v).toBeCloseTo(numbers(all.joint)[i] ?? 9, 5));
    for (const [name, z] of Object.entries(all.modalities)) {
      const x = inputs[name] ?? tf.zeros([0]);
      const own = encodeModality(config, params, name, x, { mode: "inference", statistics });
      const seen = numbers(project(config, params.head, own.h));
      seen.forEach((v, i) => void expect(v).toBeCloseTo(numbers(z)[i] ?? 9, 5));
    }
  });

  it("shares no weight between the joint encoder and the base encoders", () => {
    const changed = { ...params, joint: paramsOf(config, 7).joint };
    const other = embed(config, changed, { mode: "inference", statistics, inputs });
    expect(numbers(other.joint)).not.toEqual(numbers(all.joint));
    for (const [name, z] of Object.entries(all.modalities))
      expect(numbers(other.modalities[name] ?? z)).toEqual(numbers(z));
  });

  it("lets the joint gradient come from every modality, and each base encoder from its own term", () => {
    const loss = (name: string, weight: Tensor): Tensor => {
      const next = {
        ...params,
        joint: { ...params.joint, out: { ...params.joint.out, weight } },
      };
      const z = embed(config, next, { mode: "inference", statistics, inputs });
      return gmcLoss(z.joint, z.modalities[name] ?? z.joint, { temperature: 0.5 });
    };
    for (const { name } of config.modalities) {
      const gradient = tf.grad((w) => loss(name, w))(params.joint.out.weight);
      expect(Math.max(...numbers(tf.abs(gradient)))).toBeGreaterThan(1e-4);
    }
    const vector = params.modalities["vector"];
    const other = (weight: Tensor): Tensor => {
      const encoder = { stack: vector?.stack ?? {}, out: { weight, bias: tf.zeros([6]) } };
      const next = { ...params, modalities: { ...params.modalities, vector: encoder } };
      const z = embed(config, next, { mode: "inference", statistics, inputs });
      return tf.add(
        gmcLoss(z.joint, z.modalities["picture"] ?? z.joint, { temperature: 0.5 }),
        tf.mul(tf.sum(weight), 0),
      );
    };
    expect(Math.max(...numbers(tf.abs(tf.grad(other)(vector?.out.weight ?? tf.zeros([1])))))).toBe(
      0,
    );
  });

  it("has the gradient that finite differences show, in every kind of layer", () => {
    const flat = flatten(initGmc(config, seeded(3)));
    const total = (tree: GmcParams<Tensor>): Tensor => {
      const z = embed(config, tree, { mode: "training", inputs, statistics: statisticsOf(config) });
      return tf.addN(
        Object.values(z.modalities).map((m) => gmcLoss(z.joint, m, { temperature: 0.5 })),
      );
    };
    for (const [path, tensor] of flat) {
      const start = tf.tensor(tensor.data, [...tensor.shape]);
      const at = (value: Tensor): Tensor => total(rebuild(flat, path, value));
      const gradient = numbers(tf.grad(at)(start));
      // The steepest entry is the least drowned in float32 rounding.
      const index = gradient.reduce(
        (best, g, i) => (Math.abs(g) > Math.abs(gradient[best] ?? 0) ? i : best),
        0,
      );
      const step = 2e-3;
      const moved = (by: number): number =>
        numbers(
          at(
            tf.tensor(
              tensor.data.map((v, i) => (i === index ? v + by : v)),
              [...tensor.shape],
            ),
          ),
        )[0] ?? 0;
      const slope = (moved(step) - moved(-step)) / (2 * step);
      const seen = gradient[index] ?? 0;
      expect(Math.abs(seen - slope), path).toBeLessThan(0.02 * Math.max(0.1, Math.abs(slope)));
    }
  });

  it("moves running statistics in training only, those of joint and base apart", () => {
    const trained = embed(config, params, { mode: "training", inputs, statistics }).statistics;
    const mean = (tree: GmcStatistics<Tensor>, side: "joint" | "modalities"): number[] =>
      numbers(tree[side]["sequence"]?.["0"]?.mean ?? tf.zeros([1]));
    expect(mean(trained, "joint")).not.toEqual(mean(statistics, "joint"));
    expect(mean(trained, "joint")).not.toEqual(mean(trained, "modalities"));
    const idle = embed(config, params, { mode: "inference", statistics, inputs }).statistics;
    expect(mean(idle, "joint")).toEqual(mean(statistics, "joint"));
  });

  it("applies dropout factors before the map to h, and presence flags after them", () => {
    const flagged = { ...config, presence: true };
    const own = paramsOf(flagged);
    const width = own.joint.out.weight.shape[0] ?? 0;
    const none = encodeJoint(flagged, own, inputs, {
      mode: "inference",
      statistics,
      mask: tf.zeros([5, width - 3]),
      shown: Object.fromEntries(config.modalities.map(({ name }) => [name, tf.zeros([5])])),
    });
    const bias = numbers(own.joint.out.bias);
    numbers(none.h).forEach((v, i) => void expect(v).toBeCloseTo(bias[i % 6] ?? 9, 5));
    const shown = encodeJoint(flagged, own, inputs, {
      mode: "inference",
      statistics,
      mask: tf.zeros([5, width - 3]),
    });
    expect(numbers(shown.h)).not.toEqual(numbers(none.h));
  });

  it("refuses inputs that are missing or of another shape, by name", () => {
    expect(() => embed(config, params, { mode: "inference", statistics, inputs: {} })).toThrow(
      ShapeError,
    );
    expect(() =>
      embed(config, params, {
        mode: "inference",
        statistics,
        inputs: { ...inputs, picture: tf.zeros([5, 3]) },
      }),
    ).toThrow(/picture.*expected \[B, 8,8,2\]/);
  });
});

describe("checkGmcConfig", () => {
  it("refuses what cannot be built", () => {
    const [first, ...rest] = smallConfig.modalities;
    const wrong: readonly GmcConfig[] = [
      { ...smallConfig, modalities: [] },
      { ...smallConfig, modalities: first === undefined ? [] : [first, first] },
      { ...smallConfig, modalities: first === undefined ? [] : [{ ...first, name: "joint" }] },
      { ...smallConfig, temperature: 0 },
      { ...smallConfig, width: 0 },
      { ...smallConfig, dropout: 1 },
      {
        ...smallConfig,
        modalities: [{ name: "film", shape: [4], layers: [{ kind: "frames" }] }, ...rest],
      },
    ];
    for (const config of wrong) expect(() => checkGmcConfig(config)).toThrow(ConfigError);
    checkGmcConfig(smallConfig);
  });
});

describe("classifyEmbeddings", () => {
  it("is affine after the last hidden layer and rectified before", () => {
    const params = tensorsOf(initClassifier(seeded(1), 4, 3, [])) as never;
    const z = tf.eye(4);
    const logits = classifyEmbeddings(params, z);
    expect(logits.shape).toEqual([4, 3]);
  });
});

function seeded(seed: number): () => number {
  const rng = Rng.fromSeed(seed);
  return () => rng.uniform();
}

function statisticsOf(config: GmcConfig): GmcStatistics<Tensor> {
  return tensorsOf(initGmcStatistics(config)) as unknown as GmcStatistics<Tensor>;
}

function flatten(tree: object, path = ""): [string, HostTensor<"float32">][] {
  return Object.entries(tree).flatMap(([name, node]): [string, HostTensor<"float32">][] =>
    "data" in node ? [[path + name, node]] : flatten(node, `${path}${name}/`),
  );
}

function rebuild(
  flat: readonly (readonly [string, HostTensor<"float32">])[],
  path: string,
  value: Tensor,
): GmcParams<Tensor> {
  const root: Record<string, unknown> = { modalities: {}, joint: { stacks: {} }, head: {} };
  for (const [name, tensor] of flat) {
    const parts = name.split("/");
    const last = parts.pop() ?? "";
    let node = root;
    for (const part of parts) {
      node[part] = node[part] ?? {};
      node = node[part] as Record<string, unknown>;
    }
    node[last] = name === path ? value : tf.tensor(tensor.data, [...tensor.shape]);
  }
  return root as unknown as GmcParams<Tensor>;
}
