import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { type GmcForm, gmcLoss } from "../../../src/models/gmc/loss.ts";
import { unitLength } from "../../../src/models/layers/unitLength.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const numberOf = (tensor: Tensor): number => tensor.dataSync()[0] ?? Number.NaN;
const JOINT = [
  [1, 0],
  [0, 1],
];
const ALIGNED = JOINT;
const SWAPPED = [
  [0, 1],
  [1, 0],
];
const NEAR = [
  [0.8, 0.6],
  [0.6, 0.8],
];

// methods/gmc-mla.md, section 3: computed in float64 with numpy.
const WORKED: readonly [
  name: string,
  modality: number[][],
  temperature: number,
  form: GmcForm,
  loss: number,
][] = [
  ["aligned", ALIGNED, 1, "code", 0.551445],
  ["aligned", ALIGNED, 1, "paper", 0.197225],
  ["aligned", ALIGNED, 1, "ablation", -1],
  ["aligned", ALIGNED, 0.1, "code", 9.07957e-5],
  ["aligned", ALIGNED, 0.1, "paper", -17.802775],
  ["aligned", ALIGNED, 0.1, "ablation", -10],
  ["swapped", SWAPPED, 1, "code", 1.551445],
  ["swapped", SWAPPED, 1, "paper", 3.102889],
  ["swapped", SWAPPED, 1, "ablation", 0],
  ["near", NEAR, 1, "code", 0.957474],
  ["near", NEAR, 1, "paper", 1.785283],
  ["near", NEAR, 1, "ablation", -0.8],
  ["near", NEAR, 0.1, "code", 0.966802],
  ["near", NEAR, 0.1, "paper", 3.254046],
  ["near", NEAR, 0.1, "ablation", -8],
];

describe("gmcLoss", () => {
  it.each(WORKED)("gives the worked value: %s, temperature %f, form %s", (...row) => {
    const [, modality, temperature, form, expected] = row;
    const loss = numberOf(gmcLoss(tf.tensor(JOINT), tf.tensor(modality), { temperature, form }));
    expect(Math.abs(loss - expected)).toBeLessThan(2e-6 * Math.max(1, Math.abs(expected)));
  });

  it("has the gradient that finite differences show", () => {
    const rng = Rng.fromSeed(3);
    const joint = unitLength(tf.tensor(rng.normalArray(12), [4, 3]));
    const values = rng.normalArray(12);
    const loss = (x: Tensor): Tensor => gmcLoss(joint, unitLength(x), { temperature: 0.5 });
    const gradient = tf
      .grad(loss)(tf.tensor(values, [4, 3]))
      .dataSync();
    for (let i = 0; i < values.length; i++) {
      const moved = (by: number): number =>
        numberOf(
          loss(
            tf.tensor(
              values.map((value, at) => (at === i ? value + by : value)),
              [4, 3],
            ),
          ),
        );
      expect(gradient[i]).toBeCloseTo((moved(5e-3) - moved(-5e-3)) / 1e-2, 2);
    }
  });

  it("counts an absent sample neither as an anchor nor as a negative", () => {
    const rng = Rng.fromSeed(4);
    const [joint, modality] = [rng.normalArray(15), rng.normalArray(15)].map((values) =>
      unitLength(tf.tensor(values, [5, 3])),
    ) as [Tensor, Tensor];
    const masked = gmcLoss(joint, modality, {
      temperature: 0.2,
      present: tf.tensor([1, 1, 1, 1, 0]),
    });
    const cut = gmcLoss(tf.slice(joint, [0, 0], [4, 3]), tf.slice(modality, [0, 0], [4, 3]), {
      temperature: 0.2,
    });
    expect(numberOf(masked)).toBeCloseTo(numberOf(cut), 5);
  });

  it("is 0 when no sample may be a negative, and unchanged when all may", () => {
    const [joint, near] = [tf.tensor(JOINT), tf.tensor(NEAR)];
    const none = gmcLoss(joint, near, { temperature: 0.1, negatives: tf.zeros([2, 2]) });
    const all = gmcLoss(joint, near, { temperature: 0.1, negatives: tf.ones([2, 2]) });
    expect(numberOf(none)).toBeCloseTo(0, 6);
    expect(numberOf(all)).toBeCloseTo(0.966802, 5);
  });

  it("refuses unequal shapes, a temperature of 0, and masks for a form that has none", () => {
    const joint = tf.tensor(JOINT);
    expect(() => gmcLoss(joint, tf.zeros([3, 2]), { temperature: 0.1 })).toThrow(ShapeError);
    expect(() => gmcLoss(joint, joint, { temperature: 0 })).toThrow(ConfigError);
    expect(() =>
      gmcLoss(joint, joint, { temperature: 1, form: "paper", present: tf.ones([2]) }),
    ).toThrow(ConfigError);
    expect(() =>
      gmcLoss(tf.ones([1, 2]), tf.ones([1, 2]), { temperature: 1, form: "paper" }),
    ).toThrow(ConfigError);
  });
});
