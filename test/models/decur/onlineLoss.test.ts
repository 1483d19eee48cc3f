import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { decurLoss, type EmbeddedViews } from "../../../src/models/decur/loss.ts";
import {
  initOnlineMemory,
  type OnlineMemory,
  onlineDecurLoss,
} from "../../../src/models/decur/onlineLoss.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { onTensors } from "../../support/onTensors.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const [B, K] = [24, 5];
const options = { common: 3, lambda: 0.05 };
const numberOf = (tensor: Tensor | undefined): number => tensor?.dataSync()[0] ?? Number.NaN;
const random = (seed: number, rows = B): Tensor =>
  tf.tensor(Rng.fromSeed(seed).normalArray(rows * K, 0.5), [rows, K]);
const batch = (seed: number, present?: Tensor): EmbeddedViews[] => [
  { name: "a", first: random(seed), second: random(seed + 1) },
  {
    name: "b",
    first: random(seed + 2),
    second: random(seed + 3),
    ...(present !== undefined && { present }),
  },
];
const empty = (): OnlineMemory<Tensor> => onTensors(initOnlineMemory(["a", "b"], K, options));

describe("onlineDecurLoss", () => {
  it.each([0, 0.9])("is the loss of the batch at the first batch, decay %f", (decay) => {
    const online = onlineDecurLoss(batch(1), empty(), { ...options, decay });
    const plain = decurLoss(batch(1), options);
    expect(Math.abs(numberOf(online.loss) / numberOf(plain.loss) - 1)).toBeLessThan(1e-5);
    expect(numberOf(online.drift)).toBe(0);
    const [own, all] = [
      tf.grad((z: Tensor) => {
        const [a, b] = batch(1) as [EmbeddedViews, EmbeddedViews];
        return onlineDecurLoss([{ ...a, first: z }, b], empty(), { ...options, decay }).loss;
      })(random(1)),
      tf.grad((z: Tensor) => {
        const [a, b] = batch(1) as [EmbeddedViews, EmbeddedViews];
        return decurLoss([{ ...a, first: z }, b], options).loss;
      })(random(1)),
    ];
    expect(numberOf(tf.max(tf.abs(tf.sub(own, all))))).toBeLessThan(1e-6);
  });

  it("forgets everything at decay 0", () => {
    const { memory } = onlineDecurLoss(batch(1), empty(), { ...options, decay: 0 });
    const second = onlineDecurLoss(batch(9), memory, { ...options, decay: 0 });
    const plain = decurLoss(batch(9), options);
    expect(Math.abs(numberOf(second.loss) / numberOf(plain.loss) - 1)).toBeLessThan(1e-5);
  });

  it("comes to the loss of one large batch as small ones of it go by", () => {
    const rng = Rng.fromSeed(3);
    const mixing = tf.tensor(rng.normalArray(K * K), [K, K]);
    const draw = (): EmbeddedViews[] => {
      const shared = tf.tensor(rng.normalArray(16 * K), [16, K]);
      const view = (): Tensor =>
        tf.add(tf.matMul(shared, mixing), tf.tensor(rng.normalArray(16 * K, 2, 0.5), [16, K]));
      return ["a", "b"].map((name) => ({ name, first: view(), second: view() }));
    };
    const batches = Array.from({ length: 150 }, draw);
    let memory = empty();
    let loss = Number.NaN;
    for (const each of batches) {
      const result = onlineDecurLoss(each, memory, { ...options, decay: 0.97 });
      memory = result.memory;
      loss = numberOf(result.loss);
    }
    const joined = (at: number, view: "first" | "second"): Tensor =>
      tf.concat(batches.map((each) => (each[at] as EmbeddedViews)[view]));
    const all = ["a", "b"].map((name, at) => ({
      name,
      first: joined(at, "first"),
      second: joined(at, "second"),
    }));
    const whole = numberOf(decurLoss(all, options).loss);
    const single = batches.map((each) => numberOf(decurLoss(each, options).loss));
    const spread = Math.sqrt(
      single.reduce((sum, value) => sum + (value - whole) ** 2, 0) / single.length,
    );
    expect(Math.abs(loss - whole)).toBeLessThan(spread / 2);
  });

  it("has the gradient of finite differences, the memory held fixed", () => {
    const { memory } = onlineDecurLoss(batch(1), empty(), { ...options, decay: 0.8 });
    const lossOf = (z: Tensor): Tensor => {
      const [a, b] = batch(20) as [EmbeddedViews, EmbeddedViews];
      return onlineDecurLoss([{ ...a, first: z }, b], memory, { ...options, decay: 0.8 }).loss;
    };
    const values = random(20).dataSync() as Float32Array;
    const gradient = tf.grad(lossOf)(random(20)).dataSync();
    for (let at = 0; at < values.length; at += 7) {
      const moved = (by: number): number =>
        numberOf(
          lossOf(
            tf.tensor(
              values.map((value, i) => (i === at ? value + by : value)),
              [B, K],
            ),
          ),
        );
      expect(gradient[at]).toBeCloseTo((moved(1e-2) - moved(-1e-2)) / 2e-2, 3);
    }
  });

  it("keeps a term's memory, without gradient, when too few rows have both modalities", () => {
    const { memory } = onlineDecurLoss(batch(1), empty(), { ...options, decay: 0.8 });
    const few = tf.tensor1d(Array.from({ length: B }, (_, row) => (row < 7 ? 1 : 0)));
    const result = onlineDecurLoss(batch(30, few), memory, { ...options, decay: 0.8 });
    for (const name of ["intra.b", "common.a-b", "unique.a-b"])
      for (const part of ["mean", "variance", "correlation", "weight"] as const)
        expect([...(result.memory[name]?.[part].dataSync() ?? [])]).toEqual([
          ...(memory[name]?.[part].dataSync() ?? [1]),
        ]);
    expect(result.memory["intra.a"]?.weight.dataSync()[0]).not.toBe(
      memory["intra.a"]?.weight.dataSync()[0],
    );
    const gradient = tf.grad((z: Tensor) => {
      const [a, b] = batch(30, few) as [EmbeddedViews, EmbeddedViews];
      return onlineDecurLoss([a, { ...b, first: z }], memory, { ...options, decay: 0.8 }).loss;
    })(random(32));
    expect(numberOf(tf.max(tf.abs(gradient)))).toBe(0);
  });

  it("shows a change of the stream as drift", () => {
    let memory = empty();
    const step = (views: EmbeddedViews[]): number => {
      const result = onlineDecurLoss(views, memory, { ...options, decay: 0.9 });
      memory = result.memory;
      return numberOf(result.drift);
    };
    const calm = Array.from({ length: 20 }, (_, i) => step(batch(100 + 4 * i)));
    const [a, b] = batch(500) as [EmbeddedViews, EmbeddedViews];
    const changed = step([a, { name: "b", first: tf.neg(a.first), second: b.second }]);
    expect(changed).toBeGreaterThan(2 * Math.max(...calm.slice(10)));
  });

  it("refuses a decay of 1 and a memory of other terms", () => {
    expect(() => onlineDecurLoss(batch(1), empty(), { ...options, decay: 1 })).toThrow(ConfigError);
    expect(() => onlineDecurLoss(batch(1), {}, { ...options, decay: 0.5 })).toThrow(ConfigError);
  });
});
