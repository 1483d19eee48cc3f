import { describe, expect, it } from "vitest";

import type { ImlConfig } from "../../../src/models/imlrs/config.ts";
import { classificationLoss, pretrainingLoss } from "../../../src/models/imlrs/loss.ts";
import { type ImlParams, initImlParams } from "../../../src/models/imlrs/params.ts";
import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { valueAndGradients } from "../../../src/tensor/gradients.ts";
import { type HostTensor, isHostTensor, specsOf } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import type { SpecTree, TensorTree } from "../../../src/tensor/TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "../../../src/tensor/tf.ts";
import { flattenTree } from "../../../src/tensor/tree.ts";
import { formulaInputs, TINY } from "./tinyNetwork.ts";

/** One layer of each kind: every weight is walked along twice. */
const SMALL: ImlConfig = { ...TINY, layers: 1, decoder: { ...TINY.decoder, layers: 1 } };

/** Central differences in float32. */
const STEP = 4e-3;

type Loss = (params: ImlParams<Tensor>, config: ImlConfig) => Tensor;
const pretraining: Loss = (params, config) =>
  pretrainingLoss(params, config, formulaInputs(config), {
    kind: "infonce",
    weight: 0.3,
    symmetric: true,
  }).loss;
const distilling: Loss = (params, config) =>
  pretrainingLoss(params, config, formulaInputs(config), {
    kind: "infonce",
    weight: 0.3,
    partner: "fused",
  }).loss;
const classification: Loss = (params, config) =>
  classificationLoss(
    params,
    config,
    formulaInputs(config),
    {
      labels: tf.tensor([2, 0], [2], "int32"),
      weights: tf.tensor([1, 2]),
      dropout: tf.tensor(Rng.fromSeed(2).uniformArray(16, 0.5, 1.5), [2, 8]),
    },
    { smoothing: 0.1, own: 0.5 },
  ).loss;

describe.each<[string, Loss, Partial<ImlConfig>]>([
  ["pre-training", pretraining, {}],
  [
    "pre-training, the (M+1)-form and fused partners",
    distilling,
    { modalityAttention: "selfMPlus1" },
  ],
  ["classification", classification, {}],
  ["classification, causal", classification, { causal: { window: 1 }, fusionTokens: "shared" }],
  [
    "classification without mask and modality attention",
    classification,
    { mask: "none", modalityAttention: "off" },
  ],
])("the gradient of %s", (_, loss, change) => {
  it("is what finite differences show, along a random direction of every weight", async () => {
    const config = { ...SMALL, ...change };
    const initial = Rng.fromSeed(3);
    const params = initImlParams(config, () => initial.uniform());
    await using values = await compile(
      defineProgram({
        name: "imlrs-value",
        inputs: { params: specsOf(params) as SpecTree },
        body: ({ params: weights }) => ({ value: loss(weights as never, config) }),
      }),
    );
    await using slopesOf = await compile(
      defineProgram({
        name: "imlrs-gradients",
        inputs: { params: specsOf(params) as SpecTree },
        body: ({ params: weights }) => {
          const { gradients } = valueAndGradients(
            weights as never,
            (each) => loss(each as never, config) as Scalar,
          );
          return { gradients: gradients as TensorTree };
        },
      }),
    );
    const { gradients } = await slopesOf.run({ params } as never);
    const leaves = flattenTree(params, (node): node is HostTensor => isHostTensor(node as never));
    const slopes = new Map(
      flattenTree(gradients as never, (node): node is Float32Array => node instanceof Float32Array),
    );
    const rng = Rng.fromSeed(12);
    let largest = 0;
    let reached = 0;
    for (const [path, { data }] of leaves) {
      const direction = rng.normalArray(data.length);
      const length = Math.hypot(...direction);
      const told = direction.reduce(
        (sum, d, i) => sum + (d / length) * (slopes.get(path)?.[i] ?? 0),
        0,
      );
      const kept = Float32Array.from(data);
      const at = async (by: number): Promise<number> => {
        for (let i = 0; i < data.length; i++)
          data[i] = (kept[i] ?? 0) + (by * (direction[i] ?? 0)) / length;
        const { value } = await values.run({ params } as never);
        data.set(kept);
        return Number(value[0]);
      };
      const measured = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
      if (told !== 0) reached += 1;
      largest = Math.max(largest, Math.abs(measured - told) / Math.max(0.1, Math.abs(measured)));
    }
    expect(largest).toBeLessThan(2e-2);
    expect(reached).toBeGreaterThan(15);
  }, 120_000);
});
