import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import type { GmcConfig } from "../../../src/models/gmc/config.ts";
import { gmcLoss } from "../../../src/models/gmc/loss.ts";
import {
  type GmcBatch,
  type GmcCarried,
  type GmcTrainingOptions,
  gmcObjective,
  initGmcCarried,
} from "../../../src/models/gmc/method.ts";
import { type GmcParams, initGmc } from "../../../src/models/gmc/params.ts";
import { valueAndGradients } from "../../../src/tensor/gradients.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "../../../src/tensor/tf.ts";
import { smallConfig, tensorsOf } from "./small.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Without batch normalisation, so that rows do not see each other before the loss. */
const config: GmcConfig = {
  ...smallConfig,
  modalities: smallConfig.modalities.filter(({ name }) => name !== "sequence"),
  presence: true,
};
const B = 4;
const host = initGmc(config, seeded(1));
const params = tensorsOf(host) as unknown as GmcParams<Tensor>;
const inputs = draw(2);
const carry = (options: GmcTrainingOptions): GmcCarried<Tensor> =>
  tensorsOf(initGmcCarried(config, host, options)) as unknown as GmcCarried<Tensor>;
const run = (options: GmcTrainingOptions, batch: GmcBatch, carried = carry(options)) =>
  gmcObjective(config, options, params, carried, batch);
const numbers = (tensor: Tensor | undefined): number[] => [...(tensor?.dataSync() ?? [])];
const one = (tensor: Tensor): number => numbers(tensor)[0] ?? Number.NaN;
const flags = (picture: number[], vector: number[]) => ({
  picture: tf.tensor(picture),
  vector: tf.tensor(vector),
});

describe("gmcObjective as published", () => {
  it("is the sum over modalities of the contrast with the joint, in every form", () => {
    for (const form of ["code", "paper", "ablation"] as const) {
      const { loss, joint, modalities } = run({ form }, { inputs });
      const terms = Object.values(modalities).map((z) =>
        one(gmcLoss(joint, z, { temperature: config.temperature, form })),
      );
      expect(one(loss)).toBeCloseTo(
        terms.reduce((a, b) => a + b, 0),
        4,
      );
    }
  });

  it("is M times the loss of one for M equal modalities", () => {
    const [first] = config.modalities;
    if (first === undefined) throw new Error("the test needs a modality");
    const twins: GmcConfig = { ...config, modalities: [first, { ...first, name: "twin" }] };
    const own = tensorsOf(initGmc(twins, seeded(3))) as unknown as GmcParams<Tensor>;
    const picture = own.modalities["picture"];
    if (picture === undefined) throw new Error("the test needs its weights");
    const same = { ...own, modalities: { picture, twin: picture } };
    const x = inputs["picture"] ?? tf.zeros([0]);
    const { loss, perModality } = gmcObjective(
      twins,
      {},
      same,
      {},
      { inputs: { picture: x, twin: x } },
    );
    expect(one(loss)).toBeCloseTo(2 * one(perModality["picture"] ?? loss), 5);
  });
});

describe("gmcObjective on incomplete windows", () => {
  const present = flags([1, 1, 1, 0], [1, 1, 1, 1]);

  it("skips them: the loss is that of the complete ones alone", () => {
    const { loss, complete } = run({ incomplete: "skip" }, { inputs, present });
    expect(numbers(complete)).toEqual([1, 1, 1, 0]);
    const cut = Object.fromEntries(
      Object.entries(inputs).map(([name, x]) => [name, tf.slice(x, 0, 3)]),
    );
    const alone = gmcObjective(config, {}, params, {}, { inputs: cut });
    expect(one(loss)).toBeCloseTo(one(alone.loss), 4);
  });

  const options = { incomplete: { teacherDecay: 0.9 } } as const;
  const held = draw(9);
  const batch: GmcBatch = { inputs, held, present: flags([0, 0, 0, 0], [1, 1, 1, 1]) };

  it("trains what is there towards the teacher, and neither the joint nor what is absent", () => {
    const { gradients } = valueAndGradients(params as never, (tree) => {
      const objective = gmcObjective(config, options, tree as never, carry(options), batch);
      return objective.loss as Scalar;
    });
    const steepest = (tree: object): number =>
      Object.values(tree).reduce(
        (most: number, node) =>
          Math.max(
            most,
            node instanceof tf.Tensor
              ? Math.max(...numbers(tf.abs(node)))
              : steepest(node as object),
          ),
        0,
      );
    const tree = gradients as GmcParams<Tensor>;
    expect(steepest(tree.joint)).toBe(0);
    expect(steepest(tree.modalities["picture"] ?? {})).toBe(0);
    expect(steepest(tree.modalities["vector"] ?? {})).toBeGreaterThan(1e-4);
  });

  it("shows the joint the held input and a lowered flag, never zeros in silence", () => {
    const shownHeld = run({}, { inputs, held, present: batch.present ?? {} });
    const mixed = {
      picture: held["picture"] ?? tf.zeros([0]),
      vector: inputs["vector"] ?? tf.zeros([0]),
    };
    const told = run(
      {},
      { inputs: mixed, held: mixed, present: flags([1, 1, 1, 1], [1, 1, 1, 1]) },
    );
    const untold = run(
      {},
      { inputs: mixed, held: mixed, shown: flags([0, 0, 0, 0], [1, 1, 1, 1]) },
    );
    numbers(shownHeld.joint).forEach((v, i) => {
      expect(v).toBeCloseTo(numbers(untold.joint)[i] ?? 9, 5);
    });
    expect(numbers(shownHeld.joint)).not.toEqual(numbers(told.joint));
  });

  it("lets the teacher follow the student slowly, from its first weights", () => {
    const start = carry(options);
    expect(numbers(start.teacher?.joint.out.weight)).toEqual(numbers(params.joint.out.weight));
    const zeros = { ...start, teacher: tensorsOf(zeroed(host)) as never };
    const { carried } = run(options, batch, zeros);
    const followed = numbers(carried.teacher?.joint.out.weight);
    numbers(params.joint.out.weight).forEach((v, i) => {
      expect(followed[i]).toBeCloseTo(0.1 * v, 5);
    });
  });
});

describe("gmcObjective in a stream", () => {
  it("keeps the newest instants in the queue and uses the earlier ones as negatives", () => {
    const options = { queue: { size: 6 } };
    const first = run(options, { inputs });
    const plain = run({}, { inputs });
    expect(one(first.loss)).toBeCloseTo(one(plain.loss), 5);
    const { queue } = first.carried;
    expect(numbers(queue?.valid["vector"])).toEqual([1, 1, 1, 1, 0, 0]);
    expect(numbers(queue?.joint).slice(0, 4)).toEqual(numbers(first.joint).slice(0, 4));
    const second = run(options, { inputs: draw(5) }, first.carried);
    const alone = run({}, { inputs: draw(5) });
    expect(one(second.loss)).toBeGreaterThan(one(alone.loss) + 1e-3);
    expect(numbers(second.carried.queue?.valid["vector"])).toEqual([1, 1, 1, 1, 1, 1]);
    expect(numbers(second.carried.queue?.joint).slice(16)).toEqual(
      numbers(first.joint).slice(0, 8),
    );
  });

  it("takes instants within the guard for neither positives nor negatives", () => {
    const far = run({ guard: 1 }, { inputs, times: tf.tensor([0, 10, 20, 30]) });
    expect(one(far.loss)).toBeCloseTo(one(run({}, { inputs }).loss), 5);
    const near = run({ guard: 1 }, { inputs, times: tf.tensor([0, 0.5, 0.9, 1]) });
    expect(one(near.loss)).toBeCloseTo(0, 5);
    const options = { guard: 1, queue: { size: 4 } };
    const first = run(options, { inputs, times: tf.tensor([0, 10, 20, 30]) });
    const again = { inputs: draw(5), times: tf.tensor([0, 10, 20, 30]) };
    const guarded = run(options, again, first.carried);
    const later = run(options, { ...again, times: tf.tensor([40, 50, 60, 70]) }, first.carried);
    expect(one(guarded.loss)).toBeLessThan(one(later.loss));
  });

  it("refuses options that contradict each other or lack their part of the batch", () => {
    const wrong: readonly (() => unknown)[] = [
      () => initGmcCarried(config, host, { form: "paper", guard: 1 }),
      () => initGmcCarried(config, host, { guard: -1 }),
      () => initGmcCarried(config, host, { queue: { size: 0 } }),
      () =>
        initGmcCarried({ ...config, presence: false }, host, { incomplete: { teacherDecay: 0.9 } }),
      () => run({ guard: 1 }, { inputs }),
      () => run({ incomplete: "skip" }, { inputs }),
    ];
    for (const mistake of wrong) expect(mistake).toThrow(ConfigError);
  });
});

function seeded(seed: number): () => number {
  const rng = Rng.fromSeed(seed);
  return () => rng.uniform();
}

function draw(seed: number): Record<string, Tensor> {
  const rng = Rng.fromSeed(seed);
  return Object.fromEntries(
    config.modalities.map(({ name, shape }) => [
      name,
      tf.tensor(rng.normalArray(B * sizeOfShape(shape)), [B, ...shape]),
    ]),
  );
}

function zeroed<T extends object>(tree: T): T {
  const copy = Object.entries(tree).map(([name, node]: [string, unknown]) => {
    if (typeof node !== "object" || node === null) return [name, node];
    if ("data" in node && node.data instanceof Float32Array)
      return [name, { ...node, data: new Float32Array(node.data.length) }];
    return [name, Array.isArray(node) ? node : zeroed(node)];
  });
  return Object.fromEntries(copy) as T;
}
