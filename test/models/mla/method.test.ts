import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { MLA_PAPER, type MlaConfig } from "../../../src/models/mla/config.ts";
import { MlaPredictor } from "../../../src/models/mla/MlaPredictor.ts";
import { type MlaBatch, MlaTrainer } from "../../../src/models/mla/method.ts";
import { initMla, type MlaParams } from "../../../src/models/mla/network.ts";
import { projectHead } from "../../../src/models/mla/projectHead.ts";
import type { HostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { tf } from "../../../src/tensor/tf.ts";

type Params = MlaParams<HostTensor<"float32">>;

const CONFIG: MlaConfig = {
  ...MLA_PAPER,
  modalities: {
    a: { input: [3], layers: [{ kind: "dense", width: 5 }] },
    b: { input: [4], layers: [] },
  },
  width: 4,
  classes: 3,
};
const BATCH = 6;
const RATE = { learningRate: 0.1 };

const batchOf = (seed: number, size: number): MlaBatch => {
  const rng = Rng.fromSeed(seed);
  return {
    x: rng.normalArray(BATCH * size),
    labels: Int32Array.from({ length: BATCH }, () => rng.int(0, 3)),
  };
};
const freshParams = (config: MlaConfig): Params => {
  const rng = Rng.fromSeed(9);
  return initMla(config, () => rng.uniform());
};

/** Runs steps of a, b, a, ... and gives the head before and after each. */
async function run(config: MlaConfig, modalities: readonly ("a" | "b")[]) {
  await using trainer = await MlaTrainer.open({
    config,
    params: freshParams(config),
    batch: BATCH,
  });
  const heads = [trainer.head];
  const means: Float32Array[] = [];
  const observe = trainer.guard.observe.bind(trainer.guard);
  trainer.guard.observe = (modality, mean) => {
    means.push(Float32Array.from(mean));
    observe(modality, mean);
  };
  for (const [i, modality] of modalities.entries()) {
    await trainer.step(modality, batchOf(i, modality === "a" ? 3 : 4), RATE);
    heads.push(trainer.head);
  }
  return { heads, means, params: await trainer.readParams() };
}

/** Change of the logits of a feature vector between two heads, the bias left out. */
function logitChange(
  [before, after]: readonly [Params["head"], Params["head"]],
  features: ArrayLike<number>,
): number[] {
  return [0, 1, 2].map((c) =>
    Array.from(features).reduce(
      (sum, value, i) =>
        sum + value * ((after.weight.data[i * 3 + c] ?? 0) - (before.weight.data[i * 3 + c] ?? 0)),
      0,
    ),
  );
}

type Head = Params["head"];
const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index];
  if (item === undefined) throw new Error(`expected an item ${index}`);
  return item;
};

describe("projectHead", () => {
  // Design notes on MLA, section 7: C = 3, W = 0, x = (1, 2), label 0; h = (3, 4), alpha = 1.
  const G = tf.tensor([-2 / 3, 1 / 3, 1 / 3, -4 / 3, 2 / 3, 2 / 3], [2, 3]);
  const bias = tf.tensor([-2 / 3, 1 / 3, 1 / 3]);
  const P = tf.tensor([17 / 26, -12 / 26, -12 / 26, 10 / 26], [2, 2]);
  const along = (direction: readonly number[]): number[] => {
    const { weight } = projectHead({ weight: G, bias }, P);
    return [...tf.matMul(tf.tensor([...direction], [1, 2]), weight as never).dataSync()];
  };

  it.each([
    { v: [3, 4], change: [-22 / 78, 11 / 78, 11 / 78] },
    { v: [1, 2], change: [-0.6923076923 / 3, 0.3461538462 / 3, 0.3461538462 / 3] },
    { v: [4, -3], change: [4 / 3, -2 / 3, -2 / 3] },
  ])("changes the logits of $v by $change", ({ v, change }) => {
    for (const [i, value] of change.entries())
      expect(Math.abs((along(v)[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
        Math.max(1e-6 * Math.abs(value), 4e-7),
      );
  });

  it("damps the remembered mean by exactly 1/26 and leaves what is orthogonal to it", () => {
    const plain = [...tf.matMul(tf.tensor([3, 4], [1, 2]), G as never).dataSync()];
    along([3, 4]).forEach((value, i) => {
      expect(value / (plain[i] ?? Number.NaN)).toBeCloseTo(1 / 26, 6);
    });
    const untouched = [...tf.matMul(tf.tensor([4, -3], [1, 2]), G as never).dataSync()];
    along([4, -3]).forEach((value, i) => {
      expect(value).toBeCloseTo(untouched[i] ?? Number.NaN, 6);
    });
  });

  it("leaves the bias alone, unless the projector covers it", () => {
    expect(projectHead({ weight: G, bias }, P).bias).toBe(bias);
    const covering = tf.tensor([1, 0, 0, 0, 1, 0, 0, 0, 0.25], [3, 3]);
    const { weight, bias: damped } = projectHead({ weight: G, bias }, covering);
    expect([...weight.dataSync()]).toEqual([...G.dataSync()]);
    expect(damped.dataSync()[0]).toBeCloseTo(-1 / 6, 6);
  });
});

describe("MlaTrainer", () => {
  it("moves the stepping modality's encoder and the head, and nothing else", async () => {
    const before = freshParams(CONFIG);
    const { params } = await run(CONFIG, ["a"]);
    expect(params.encoders["b"]).toEqual(before.encoders["b"]);
    expect(params.encoders["a"]).not.toEqual(before.encoders["a"]);
    expect(params.head.weight).not.toEqual(before.head.weight);
  });

  it("takes its first step unprojected and guards the second", async () => {
    const guarded = await run(CONFIG, ["a", "b"]);
    const plain = await run({ ...CONFIG, guard: { kind: "none" } }, ["a", "b"]);
    expect(guarded.heads[1]).toEqual(plain.heads[1]);
    expect(guarded.heads[2]?.weight).not.toEqual(plain.heads[2]?.weight);
    // The paper's guard leaves the bias free.
    expect(guarded.heads[2]?.bias).toEqual(plain.heads[2]?.bias);
  });

  it("gives the encoder the same gradient with and without a guard", async () => {
    const guarded = await run(CONFIG, ["a", "b"]);
    const plain = await run({ ...CONFIG, guard: { kind: "none" } }, ["a", "b"]);
    expect(guarded.params.encoders).toEqual(plain.params.encoders);
  });

  it("damps the change of the previous mean's logits by alpha / (alpha + h'h)", async () => {
    const guarded = await run(CONFIG, ["a", "b"]);
    const plain = await run({ ...CONFIG, guard: { kind: "none" } }, ["a", "b"]);
    const h = at(guarded.means, 0);
    const ratio = 0.1 / (0.1 + h.reduce((sum, value) => sum + value * value, 0));
    const pair = (heads: readonly Head[]) => [at(heads, 1), at(heads, 2)] as const;
    const [damped, free] = [logitChange(pair(guarded.heads), h), logitChange(pair(plain.heads), h)];
    damped.forEach((value, c) => {
      expect(value).toBeCloseTo(ratio * (free[c] ?? Number.NaN), 6);
      expect(Math.abs(free[c] ?? 0)).toBeGreaterThan(1e-4);
    });
  });

  it("loses that protection to momentum behind the gradient, keeps it on the update", async () => {
    const momentum = { kind: "sgd", momentum: 0.9, weightDecay: 0 } as const;
    const steps = ["a", "b", "a", "b"] as const;
    const driftOf = async (guarded: "gradient" | "update"): Promise<number> => {
      const config: MlaConfig = {
        ...CONFIG,
        optimizer: momentum,
        guarded,
        guard: { kind: "stream", alpha: 1e-4, meanDecay: 0 },
      };
      const { heads, means } = await run(config, steps);
      const change = logitChange([at(heads, 3), at(heads, 4)], at(means, 2));
      return Math.hypot(...change);
    };
    expect(await driftOf("update")).toBeLessThan(1e-4);
    expect(await driftOf("gradient")).toBeGreaterThan(1e-3);
  });

  it("guards the bias too where asked, with Adam as with plain steps", async () => {
    for (const optimizer of [
      CONFIG.optimizer,
      { kind: "adamw", weightDecay: 0.1, beta2: 0.99 },
    ] as const) {
      const config: MlaConfig = {
        ...CONFIG,
        optimizer,
        guarded: "update",
        guardsBias: true,
        guard: { kind: "stream", alpha: 1e-5, meanDecay: 0 },
      };
      const { heads, means } = await run(config, ["a", "b"]);
      const [before, after] = [at(heads, 1), at(heads, 2)];
      logitChange([before, after], at(means, 0)).forEach((value, c) => {
        const lift = (after.bias.data[c] ?? 0) - (before.bias.data[c] ?? 0);
        expect(Math.abs(value + lift)).toBeLessThan(1e-5);
      });
    }
  });

  it("does nothing on a batch without any weight, and leaves out rows of weight 0", async () => {
    await using trainer = await MlaTrainer.open({
      config: CONFIG,
      params: freshParams(CONFIG),
      batch: BATCH,
    });
    const head = trainer.head;
    const none = { ...batchOf(1, 3), weights: new Float32Array(BATCH) };
    expect(await trainer.step("a", none, RATE)).toBeUndefined();
    expect(trainer.head).toBe(head);

    const weights = Float32Array.of(1, 1, 1, 0, 0, 0);
    const [one, two] = [batchOf(1, 3), batchOf(2, 3)];
    const mixed = { x: Float32Array.from(one.x), labels: Int32Array.from(one.labels), weights };
    mixed.x.set(two.x.subarray(9), 9);
    mixed.labels.set(two.labels.subarray(3), 3);
    const step = await trainer.step("a", { ...one, weights }, RATE);
    await using other = await MlaTrainer.open({
      config: CONFIG,
      params: freshParams(CONFIG),
      batch: BATCH,
    });
    expect(await other.step("a", mixed, RATE)).toEqual(step);
    expect(other.head).toEqual(trainer.head);
  });

  it("trains the encoder alone at a head share of 0", async () => {
    await using trainer = await MlaTrainer.open({
      config: CONFIG,
      params: freshParams(CONFIG),
      batch: BATCH,
    });
    const before = await trainer.readParams();
    await trainer.step("a", batchOf(1, 3), { ...RATE, headShare: 0 });
    const after = await trainer.readParams();
    expect(after.head).toEqual(before.head);
    expect(after.encoders["a"]).not.toEqual(before.encoders["a"]);
  });

  it("learns a task from unpaired steps of two sensors, and predicts what it trained", async () => {
    const config: MlaConfig = {
      ...CONFIG,
      optimizer: { kind: "adamw", weightDecay: 0, beta2: 0.99 },
      guarded: "update",
      guard: { kind: "stream", alpha: 0.1, meanDecay: 0.9 },
    };
    const task = (seed: number, size: number): MlaBatch => {
      const { x, labels } = batchOf(seed, size);
      labels.forEach((label, row) => {
        x[row * size + label] = (x[row * size + label] ?? 0) + 4;
      });
      return { x, labels };
    };
    await using trainer = await MlaTrainer.open({
      config,
      params: freshParams(config),
      batch: BATCH,
    });
    for (let step = 0; step < 150; step++) {
      await trainer.step("a", task(2 * step, 3), { learningRate: 0.02 });
      await trainer.step("b", task(2 * step + 1, 4), { learningRate: 0.02 });
    }
    await using predictor = await MlaPredictor.open({
      config,
      params: await trainer.readParams(),
      batch: 4,
    });
    for (const [modality, size] of [
      ["a", 3],
      ["b", 4],
    ] as const) {
      const test = task(999, size);
      const { logits, features } = await predictor.predict(modality, test.x);
      expect([logits.length, features.length]).toEqual([BATCH * 3, BATCH * 4]);
      const right = Array.from(test.labels).filter((label, row) => {
        const own = Array.from(logits.subarray(3 * row, 3 * row + 3));
        return own.indexOf(Math.max(...own)) === label;
      });
      expect(right.length).toBeGreaterThanOrEqual(5);
    }
  });

  it("refuses an unknown modality and missing weights", async () => {
    const params = freshParams(CONFIG);
    await using trainer = await MlaTrainer.open({ config: CONFIG, params, batch: BATCH });
    await expect(trainer.step("c", batchOf(1, 3), RATE)).rejects.toThrow(ConfigError);
    await expect(
      MlaTrainer.open({ config: CONFIG, params: { ...params, encoders: {} }, batch: BATCH }),
    ).rejects.toThrow(ConfigError);
  });
});
