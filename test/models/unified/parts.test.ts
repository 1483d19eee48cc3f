import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { initCodebook } from "../../../src/models/codebook/CodebookState.ts";
import { checkConfig, type UnifiedConfig } from "../../../src/models/unified/config.ts";
import { createInference } from "../../../src/models/unified/inference.ts";
import {
  UNIFIED_LOSS_DEFAULTS,
  type UnifiedLossOptions,
  unifiedLoss,
} from "../../../src/models/unified/loss.ts";
import { initParams } from "../../../src/models/unified/params.ts";
import { splitLoss } from "../../../src/models/unified/splitLoss.ts";
import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { onTensors } from "../../support/onTensors.ts";
import { TINY } from "../../support/tinyModel.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const TOKENS: UnifiedConfig = { ...TINY, parts: { fusion: { kind: "tokens", heads: 2 } } };
const rng = Rng.fromSeed(12);
const CODES = hostTensor(rng.normalArray(TINY.codes * TINY.codeDim), [TINY.codes, TINY.codeDim]);
const weightsOf = (config: UnifiedConfig, seed = 5) => {
  const own = Rng.fromSeed(seed);
  return { config, params: initParams(config, () => own.uniform()), codes: CODES };
};

/** What a model says of six rows, `b` missing in some. */
async function answersOf(weights: ReturnType<typeof weightsOf>, withB = true) {
  await using inference = await createInference(weights);
  const draws = Rng.fromSeed(9);
  let state = inference.initialState();
  const said = [];
  for (let row = 0; row < 6; row++) {
    const features = { a: draws.normalArray(2), b: draws.normalArray(3) };
    const b = withB && row !== 3 ? features.b : undefined;
    const result = await inference.step({ a: features.a, b }, state);
    state = result.state;
    said.push(result.outputs);
  }
  return said;
}

describe("a fusion token", () => {
  it("reads what is present: a stream that is not there leaves no trace in the others' answer", async () => {
    const both = await answersOf(weightsOf(TOKENS));
    const alone = await answersOf(weightsOf(TOKENS), false);
    for (const [row, outputs] of both.entries()) {
      const withoutB = outputs.subsets.find(({ streams }) => streams.join() === "a");
      const expected = alone[row]?.logProbabilities ?? [];
      for (const [at, value] of (withoutB?.logProbabilities ?? []).entries())
        expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 5);
    }
  });

  it("knows whose rows it reads", async () => {
    const weights = weightsOf(TOKENS);
    const { reader } = weights.params.joint;
    const swapped = {
      ...weights,
      params: {
        ...weights.params,
        joint: {
          ...weights.params.joint,
          ...(reader !== undefined && {
            reader: {
              ...reader,
              origins: hostTensor(
                Float32Array.from(reader.origins.data, (_, i) => {
                  const { data } = reader.origins;
                  return data[(i + TINY.width) % data.length] ?? 0;
                }),
                reader.origins.shape,
              ),
            },
          }),
        },
      },
    };
    const [before, after] = [await answersOf(weights), await answersOf(swapped)];
    expect(after[0]?.joint).not.toEqual(before[0]?.joint);
  });

  it("refuses heads that do not divide the width", () => {
    expect(() => checkConfig({ ...TINY, parts: { fusion: { kind: "tokens", heads: 3 } } })).toThrow(
      ConfigError,
    );
  });
});

describe("temperatures", () => {
  const tempered = (temperatures: Record<string, number>): UnifiedConfig => ({
    ...TINY,
    fusion: { ...TINY.fusion, temperatures },
  });

  it("of 1 change nothing; above 1 they make a stream less sure and weigh it less", async () => {
    const plain = await answersOf(weightsOf(TINY));
    const one = await answersOf(weightsOf(tempered({ a: 1, b: 1, joint: 1 })));
    const hot = await answersOf(weightsOf(tempered({ b: 20 })));
    for (const [row, { logProbabilities }] of plain.entries())
      for (const [at, value] of logProbabilities.entries())
        expect(one[row]?.logProbabilities[at]).toBeCloseTo(value, 5);
    const last = plain.at(-1)?.streams["b"];
    const cooled = hot.at(-1)?.streams["b"];
    expect(Math.max(...(cooled?.logProbabilities ?? []))).toBeLessThan(
      Math.max(...(last?.logProbabilities ?? [])),
    );
    expect(cooled?.weight).toBeLessThan(last?.weight ?? 0);
  });

  it("are of streams or the joint, and positive", () => {
    expect(() => checkConfig(tempered({ c: 1 }))).toThrow(/temperatures must be of streams/);
    expect(() => checkConfig(tempered({ a: 0 }))).toThrow(/must be > 0/);
  });
});

describe("the loss with its parts switched", () => {
  const [B, T] = [3, 12];

  function lossOf(config: UnifiedConfig, options: Partial<UnifiedLossOptions>, turn = [0, 0, 1]) {
    const draws = Rng.fromSeed(3);
    const random = (shape: number[]): Tensor =>
      tf.tensor(draws.normalArray(shape.reduce((product, side) => product * side, 1)), shape);
    const ones = tf.ones([B, T]);
    const mask = tf.ones([B, 1, config.width]);
    const params = onTensors(weightsOf(config).params);
    const state = onTensors(initCodebook(config.codes, config.codeDim));
    const batch = {
      streams: Object.fromEntries(
        config.streams.map(({ name, size }) => [
          name,
          { x: random([B, T, size]), present: ones, joint: ones },
        ]),
      ),
      labels: tf.tensor2d(
        Array.from({ length: B * T }, (_, i) => i % 3),
        [B, T],
        "int32",
      ) as Tensor,
      weights: ones,
      reseed: tf.zeros([config.codes], "int32") as Tensor,
      turn: tf.tensor1d(turn) as Tensor,
    };
    const stack = { "0": mask, "1": mask, out: mask };
    const masks = { streams: { a: stack, b: stack }, joint: stack };
    const evaluate = (p: typeof params) =>
      unifiedLoss(p as never, state as never, batch as never, masks, config, {
        ...UNIFIED_LOSS_DEFAULTS,
        ...options,
      });
    const grad = tf.grad(
      (weight: Tensor) => evaluate({ ...params, head: { ...params.head, weight } } as never).loss,
    )(params.head.weight as never);
    return { ...evaluate(params), headGradient: grad.dataSync() as Float32Array };
  }

  it("has no contrast where its weight is 0, and no commitment without codes", () => {
    const gmc = { weight: 0, temperature: 0.1, rows: 3 };
    const plain = lossOf(TINY, {});
    expect("gmcLoss" in plain.metrics).toBe(true);
    expect("gmcLoss" in lossOf(TINY, { gmc }).metrics).toBe(false);
    const { loss, metrics } = lossOf({ ...TINY, parts: { quantised: false } }, { gmc });
    const parts = ["aLoss", "bLoss", "jointLoss"].map((name) => metrics[name]?.dataSync()[0] ?? 0);
    // Stream weights of "a" and "b" are 1: without codes nothing but the cross-entropies is left.
    expect(loss.dataSync()[0]).toBeCloseTo(
      parts.reduce((sum, value) => sum + value, 0),
      4,
    );
  });

  it("lets only the one at its turn train the head", () => {
    const shares = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ].map((turn) => lossOf(TINY, { headTurns: true }, turn).headGradient);
    const together = lossOf(TINY, {}).headGradient;
    for (const [at, value] of together.entries())
      expect(shares.reduce((sum, share) => sum + (share[at] ?? 0), 0)).toBeCloseTo(value, 4);
    for (const share of shares) expect(share.some((value) => value !== 0)).toBe(true);
    expect(shares[0]).not.toEqual(shares[1]);
    const whole = lossOf(TINY, {}).loss.dataSync()[0] ?? 0;
    expect(lossOf(TINY, { headTurns: true }).loss.dataSync()[0]).toBeCloseTo(whole, 4);
  });

  it("gives a share of the target to all classes on demand, so that nothing is gained by being sure", () => {
    const gmc = { weight: 0, temperature: 0.1, rows: 3 };
    const head = (share: number) => lossOf(TINY, { gmc, labelSmoothing: share }).headGradient;
    const [hard, half, even] = [head(0), head(0.5), head(1)];
    // The cross-entropy is linear in its target.
    for (const [at, value] of half.entries())
      expect(value).toBeCloseTo(((hard[at] ?? 0) + (even[at] ?? 0)) / 2, 4);
    expect(even).not.toEqual(hard);
    // Undecided answers are as good as any of targets that are: ln C.
    const { jointLoss } = lossOf(TINY, { gmc, labelSmoothing: 1 }).metrics;
    const undecided = Math.log(TINY.classes.length);
    expect(jointLoss?.dataSync()[0]).toBeGreaterThan(undecided - 1e-4);
    expect(jointLoss?.dataSync()[0]).toBeLessThan(2 * undecided);
  });

  it("asks for whole events on demand, of every stream and the joint", () => {
    const loss = (events: number): number =>
      lossOf(TINY, { events }).loss.dataSync()[0] ?? Number.NaN;
    const [none, one, two] = [loss(0), loss(1), loss(2)];
    expect(none).toBeCloseTo(lossOf(TINY, {}).loss.dataSync()[0] ?? 0, 5);
    expect(one).toBeGreaterThan(none);
    expect(two - one).toBeCloseTo(one - none, 4);
  });

  it("splits the projections on demand", () => {
    const decur = { weight: 1, common: 2, lambda: 0.0051 };
    const { loss, metrics } = lossOf(TINY, { decur });
    const plain = lossOf(TINY, {}).loss.dataSync()[0] ?? 0;
    expect(loss.dataSync()[0]).toBeCloseTo(plain + (metrics["decurLoss"]?.dataSync()[0] ?? 0), 4);
  });
});

describe("splitLoss", () => {
  const present = tf.ones([64]);
  const view = (name: string, columns: Tensor[]) => ({
    name,
    view: tf.concat(columns, 1),
    present,
  });
  const column = (seed: number): Tensor => tf.tensor2d(Rng.fromSeed(seed).normalArray(64), [64, 1]);

  it("is small where the first dimensions agree and the rest do not, large the other way round", () => {
    const [shared, mine, yours] = [column(1), column(2), column(3)];
    const good = splitLoss([view("a", [shared, mine]), view("b", [shared, yours])], {
      common: 1,
      lambda: 0.0051,
    });
    const bad = splitLoss([view("a", [mine, shared]), view("b", [yours, shared])], {
      common: 1,
      lambda: 0.0051,
    });
    expect(good.dataSync()[0]).toBeLessThan(0.05);
    expect(bad.dataSync()[0]).toBeGreaterThan(5 * (good.dataSync()[0] ?? 0));
  });

  it("is nothing for a stream alone", () => {
    expect(splitLoss([view("a", [column(1)])], { common: 1, lambda: 0 }).dataSync()[0]).toBe(0);
  });
});
