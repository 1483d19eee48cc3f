import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError, ModelError, ShapeError } from "../../../src/errors.ts";
import { initCodebook } from "../../../src/models/codebook/CodebookState.ts";
import {
  checkConfig,
  receptiveRows,
  type UnifiedConfig,
} from "../../../src/models/unified/config.ts";
import { fuse, subsetMasks } from "../../../src/models/unified/fuse.ts";
import { createInference, type RowInputs } from "../../../src/models/unified/inference.ts";
import {
  UNIFIED_LOSS_DEFAULTS,
  type UnifiedBatch,
  unifiedLoss,
} from "../../../src/models/unified/loss.ts";
import { cacheShapes, encodeJoint, encodeStream } from "../../../src/models/unified/network.ts";
import { initParams } from "../../../src/models/unified/params.ts";
import { decodeWeights, encodeWeights } from "../../../src/models/unified/weights.ts";
import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { onTensors } from "../../support/onTensors.ts";

const CONFIG: UnifiedConfig = {
  streams: [
    { name: "audio", size: 6, front: { kind: "vector" }, dilations: [1, 2] },
    {
      name: "video",
      size: 2 * 4 * 8,
      front: { kind: "image", channels: 2, rows: 4, columns: 8, patch: 2, filters: 3 },
      dilations: [1, 3],
    },
    { name: "text", size: 3, front: { kind: "vector" }, dilations: [] },
  ],
  classes: ["sil", "one", "two", "three"],
  prior: [0.7, 0.1, 0.1, 0.1],
  width: 8,
  codeDim: 4,
  codes: 5,
  specific: 6,
  embedding: 4,
  jointDilations: [1, 2],
  lookAheadRows: 3,
  rowMicros: 40_000,
  fusion: { sharpness: 8, smoothingRows: 12.5 },
};

const rng = Rng.fromSeed(21);
const draw = (): number => rng.uniform();
const PARAMS = initParams(CONFIG, draw);
const CODES = hostTensor(rng.normalArray(20), [5, 4]);
const random = (shape: number[]): Tensor =>
  tf.tensor(rng.normalArray(shape.reduce((product, side) => product * side, 1)), shape);
const zeros = (shapes: { readonly [position: string]: readonly number[] }) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tf.zeros([...shape])]));

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("the encoders", () => {
  it("give row by row what they give for the whole stretch, to 1e-5, gaps included", () => {
    const T = 20;
    const present = tf.tensor(
      Array.from({ length: T }, (_, t) => (t % 7 === 3 ? 0 : 1)),
      [1, T],
    );
    const params = onTensors(PARAMS);
    const inputs = CONFIG.streams.map(({ size }) => random([1, T, size]));
    const whole = CONFIG.streams.map((stream, at) =>
      encodeStream(
        params.streams[stream.name] as never,
        stream,
        inputs[at] as Tensor,
        present,
        zeros(cacheShapes(1, CONFIG.width, stream.dilations)),
      ),
    );
    const flags = CONFIG.streams.map(() => present);
    const jointWhole = encodeJoint(
      params.joint as never,
      CONFIG,
      whole.map(({ rows }) => rows),
      flags,
      zeros(cacheShapes(1, CONFIG.width, CONFIG.jointDilations)),
    );

    let caches = CONFIG.streams.map(({ dilations }) =>
      zeros(cacheShapes(1, CONFIG.width, dilations)),
    );
    let jointCaches: { readonly [position: string]: Tensor } = zeros(
      cacheShapes(1, CONFIG.width, CONFIG.jointDilations),
    );
    let worst = 0;
    const compare = (one: Tensor, all: Tensor, row: number): void => {
      const difference = tf.sub(one, tf.slice(all, [row, 0], [1, -1]));
      worst = Math.max(worst, tf.max(tf.abs(difference)).dataSync()[0] ?? Infinity);
    };
    for (let row = 0; row < T; row++) {
      const now = tf.slice(present, [0, row], [1, 1]);
      const encoded = CONFIG.streams.map((stream, at) =>
        encodeStream(
          params.streams[stream.name] as never,
          stream,
          tf.slice(inputs[at] as Tensor, [0, row, 0], [1, 1, stream.size]),
          now,
          caches[at] ?? {},
        ),
      );
      caches = encoded.map((each) => ({ ...each.caches }));
      const joint = encodeJoint(
        params.joint as never,
        CONFIG,
        encoded.map(({ rows }) => rows),
        CONFIG.streams.map(() => now),
        jointCaches,
      );
      jointCaches = joint.caches;
      for (const [at, each] of encoded.entries()) {
        compare(each.z, whole[at]?.z as Tensor, row);
        compare(each.s, whole[at]?.s as Tensor, row);
      }
      compare(joint.z, jointWhole.z, row);
    }
    expect(worst).toBeLessThan(1e-5);
  });

  it("do not see what is fed for a missing row", () => {
    const params = onTensors(PARAMS);
    const stream = CONFIG.streams[0];
    if (stream === undefined) throw new Error("no stream");
    const present = tf.tensor([[1, 0, 1]]);
    const x = random([1, 3, 6]).arraySync() as number[][][];
    const encode = (input: number[][][]): Float32Array =>
      encodeStream(
        params.streams["audio"] as never,
        stream,
        tf.tensor(input),
        present,
        zeros(cacheShapes(1, CONFIG.width, stream.dilations)),
      ).z.dataSync() as Float32Array;
    const other = structuredClone(x);
    other[0]?.[1]?.fill(99);
    expect([...encode(other)]).toEqual([...encode(x)]);
  });

  it("take what stands for a missing row for that row alone", () => {
    const { audio } = onTensors(PARAMS).streams as Readonly<Record<string, { missing: Tensor }>>;
    const stream = CONFIG.streams[0];
    if (stream === undefined || audio === undefined) throw new Error("no stream");
    const x = random([1, 2, 6]);
    const rows = (missing: Tensor): number[] => [
      ...encodeStream(
        { ...audio, missing } as never,
        { ...stream, dilations: [] },
        x,
        tf.tensor([[1, 0]]),
        {},
      ).rows.dataSync(),
    ];
    const [one, other] = [rows(audio.missing), rows(tf.add(audio.missing, 5))];
    expect(other.slice(0, CONFIG.width)).toEqual(one.slice(0, CONFIG.width));
    for (const [i, value] of other.slice(CONFIG.width).entries())
      expect(value).toBeCloseTo((one[CONFIG.width + i] ?? 0) + 5, 4);
  });
});

describe("fuse", () => {
  const options = { sharpness: 8, smoothingRows: 12.5 };
  const logSoftmax = (rows: number[][]): Tensor => tf.logSoftmax(tf.tensor(rows));
  const subsets = tf.tensor(subsetMasks(2));

  it("answers for one stream with that stream's own head, whatever the joint says", () => {
    const streams = logSoftmax([
      [3, 0, 0],
      [0, 2, 0],
    ]);
    const joint = logSoftmax([
      [0, 0, 9],
      [0, 0, 9],
      [0, 0, 9],
    ]);
    const both = fuse(streams, joint, tf.tensor([1, 1]), tf.ones([2]), subsets, options);
    const [audio, video] = both.logProbabilities.arraySync() as number[][];
    const own = streams.arraySync() as number[][];
    for (let c = 0; c < 3; c++) {
      expect(audio?.[c]).toBeCloseTo(own[0]?.[c] ?? Number.NaN, 5);
      expect(video?.[c]).toBeCloseTo(own[1]?.[c] ?? Number.NaN, 5);
    }
    const gone = fuse(streams, joint, tf.tensor([0, 1]), tf.ones([2]), subsets, options);
    const all = (gone.logProbabilities.arraySync() as number[][])[2];
    for (let c = 0; c < 3; c++) expect(all?.[c]).toBeCloseTo(own[1]?.[c] ?? Number.NaN, 5);
    expect((gone.weights.arraySync() as number[][])[2]).toEqual([0, 1]);
  });

  it("gives shares that sum to 1, more to the less uncertain stream, never any to an absent one", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 3, maxLength: 3 }),
          {
            minLength: 2,
            maxLength: 2,
          },
        ),
        fc.integer({ min: 1, max: 3 }),
        (logits, mask) => {
          const present = [mask & 1, mask >> 1];
          const fused = fuse(
            logSoftmax(logits),
            logSoftmax([logits[0] ?? [], logits[1] ?? [], logits[0] ?? []]),
            tf.tensor(present),
            tf.ones([2]),
            subsets,
            options,
          );
          const shares = (fused.weights.arraySync() as number[][])[2] ?? [];
          const [first = 0, second = 0] = shares;
          expect(first + second).toBeCloseTo(1, 5);
          if (present[0] === 0) expect(first).toBe(0);
          if (present[1] === 0) expect(second).toBe(0);
          const [h0 = 0, h1 = 0] = fused.entropy.dataSync();
          if (mask === 3 && Math.abs(h0 - h1) > 1e-3) expect(first > second).toBe(h0 < h1);
          const mass = tf.sum(tf.exp(fused.logProbabilities), 1).dataSync();
          for (const total of mass) expect(total).toBeCloseTo(1, 4);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("smooths the entropy of present streams alone", () => {
    const streams = logSoftmax([
      [20, 0, 0],
      [20, 0, 0],
    ]);
    const joint = logSoftmax([[0], [0], [0]].map(() => [0, 0, 0]));
    const { entropy } = fuse(streams, joint, tf.tensor([1, 0]), tf.ones([2]), subsets, options);
    expect(entropy.dataSync()[0]).toBeCloseTo(Math.exp(-1 / 12.5), 4);
    expect(entropy.dataSync()[1]).toBe(1);
  });
});

describe("weights", () => {
  const bytes = encodeWeights({
    config: CONFIG,
    params: PARAMS,
    codes: CODES,
    provenance: { data: "none" },
  });

  it("come back from a file as they were, with a version of their own", () => {
    const back = decodeWeights(bytes, "test");
    expect(back.config).toEqual(CONFIG);
    expect(back.params.head.weight.data).toEqual(PARAMS.head.weight.data);
    expect(back.codes.data).toEqual(CODES.data);
    expect(back.provenance).toEqual({ data: "none" });
    expect(back.version).toMatch(/^test-[0-9a-f]{12}$/);
    const other = encodeWeights({ config: CONFIG, params: PARAMS, codes: CODES, provenance: {} });
    expect(decodeWeights(other, "test").version).not.toBe(back.version);
  });

  it("are refused when they are cut off, of another format, or not those of their configuration", () => {
    expect(() => decodeWeights(bytes.subarray(0, bytes.length - 4))).toThrow(ModelError);
    expect(() => decodeWeights(new Uint8Array(4))).toThrow(ModelError);
    const wider = encodeWeights({
      config: { ...CONFIG, width: 9 },
      params: PARAMS,
      codes: CODES,
      provenance: {},
    });
    expect(() => decodeWeights(wider)).toThrow(/expected float32 \[/);
  });
});

describe("checkConfig", () => {
  it.each<[string, Partial<UnifiedConfig>]>([
    ["a width of 0", { width: 0 }],
    ["a prior that does not sum to 1", { prior: [1, 1, 1, 1] }],
    ["no streams", { streams: [] }],
    ["a negative look-ahead", { lookAheadRows: -1 }],
    ["a dilation of half a row", { jointDilations: [0.5] }],
  ])("refuses %s", (_, change) => {
    expect(() => checkConfig({ ...CONFIG, ...change })).toThrow(ConfigError);
  });

  it("counts the rows that an answer can depend on", () => {
    expect(receptiveRows([1, 2, 4, 8])).toBe(31);
  });
});

describe("inference", () => {
  const inputsAt = (row: number, without: readonly string[] = []): RowInputs => {
    const local = Rng.fromSeed(100 + row);
    return Object.fromEntries(
      CONFIG.streams.map(({ name, size }) => {
        const features = local.normalArray(size);
        return [name, without.includes(name) ? undefined : features];
      }),
    );
  };
  const weights = { config: CONFIG, params: PARAMS, codes: CODES };

  it("answers with probabilities, shares and every subset of what is present", async () => {
    await using inference = await createInference(weights);
    const { outputs } = await inference.step(inputsAt(0), inference.initialState());
    expect(Object.keys(outputs.streams)).toEqual(["audio", "video", "text"]);
    expect(outputs.subsets.map(({ streams }) => streams.join("+"))).toEqual([
      "audio",
      "video",
      "audio+video",
      "text",
      "audio+text",
      "video+text",
      "audio+video+text",
    ]);
    expect(outputs.subsets.at(-1)?.logProbabilities).toEqual(outputs.logProbabilities);
    for (const { logProbabilities } of outputs.subsets)
      expect(logProbabilities.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 4);
    for (const { code, distance, margin, embedding } of Object.values(outputs.streams)) {
      expect(code).toBeGreaterThanOrEqual(0);
      expect(code).toBeLessThan(CONFIG.codes);
      expect(distance).toBeGreaterThanOrEqual(0);
      // The second nearest of five random codes is never as near as the nearest.
      expect(margin).toBeGreaterThan(0);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 4);
    }
    const shares = Object.values(outputs.streams).reduce((sum, { weight }) => sum + weight, 0);
    expect(shares).toBeCloseTo(1, 5);
    for (const { weight } of Object.values(outputs.streams)) expect(weight).toBeGreaterThan(0);
  });

  it("says in a subset exactly what it says when only those streams run", async () => {
    await using inference = await createInference(weights);
    let [full, alone] = [inference.initialState(), inference.initialState()];
    for (let row = 0; row < 12; row++) {
      const all = await inference.step(inputsAt(row), full);
      const some = await inference.step(inputsAt(row, ["video"]), alone);
      [full, alone] = [all.state, some.state];
      const subset = all.outputs.subsets.find(({ streams }) => streams.join() === "audio,text");
      for (const [c, value] of some.outputs.logProbabilities.entries())
        expect(subset?.logProbabilities[c]).toBeCloseTo(value, 5);
      expect(Object.keys(some.outputs.streams)).toEqual(["audio", "text"]);
    }
  });

  it("gives the prior when nothing is present, and goes on", async () => {
    await using inference = await createInference(weights);
    const { outputs, state } = await inference.step({}, inference.initialState());
    expect(outputs.streams).toEqual({});
    expect(outputs.joint).toBeUndefined();
    for (const [c, share] of CONFIG.prior.entries())
      expect(Math.exp(outputs.logProbabilities[c] ?? 0)).toBeCloseTo(share, 5);
    const next = await inference.step(inputsAt(1), state);
    expect(next.outputs.logProbabilities.every(Number.isFinite)).toBe(true);
  });

  it("gives the same bits for the same rows, and does not change the state it was given", async () => {
    await using inference = await createInference(weights);
    const state = inference.initialState();
    const first = await inference.step(inputsAt(3), state);
    const again = await inference.step(inputsAt(3), state);
    expect(again.outputs).toEqual(first.outputs);
    expect([...again.state.arrays]).toEqual([...first.state.arrays]);
  });

  it("refuses features of another length", async () => {
    await using inference = await createInference(weights);
    await expect(
      inference.step({ audio: new Float32Array(5) }, inference.initialState()),
    ).rejects.toThrow(ShapeError);
  });
});

describe("unifiedLoss", () => {
  const B = 2;
  const T = 8;
  const batch = (): UnifiedBatch<Tensor> => ({
    streams: Object.fromEntries(
      CONFIG.streams.map(({ name, size }) => [
        name,
        {
          x: tf.tensor(Rng.fromSeed(size).normalArray(B * T * size), [B, T, size]),
          present: tf.ones([B, T]),
          joint: tf.ones([B, T]),
        },
      ]),
    ),
    labels: tf.tensor(
      Array.from({ length: B * T }, (_, i) => i % 4),
      [B, T],
      "int32",
    ),
    weights: tf.ones([B, T]),
    reseed: tf.tensor([0, 3, 17, 20, 47], [5], "int32"),
  });
  const masks = {
    streams: Object.fromEntries(CONFIG.streams.map(({ name }) => [name, {}])),
    joint: {},
  };
  const lossOf = (params: unknown, codes: Tensor) =>
    unifiedLoss(
      params as never,
      { ...onTensors(initCodebook(5, 4)), codes },
      batch(),
      masks as never,
      CONFIG,
      UNIFIED_LOSS_DEFAULTS,
    );

  it("is finite, starts near ln C for every head, and seeds the codebook from the batch", () => {
    const { loss, metrics, codebook } = lossOf(onTensors(PARAMS), tf.zeros([5, 4]));
    expect(Number.isFinite(loss.dataSync()[0])).toBe(true);
    for (const head of ["audioLoss", "videoLoss", "textLoss", "jointLoss"])
      expect(Math.abs((metrics[head]?.dataSync()[0] ?? 0) - Math.log(4))).toBeLessThan(0.8);
    expect([...codebook.idle.dataSync()]).toEqual([0, 0, 0, 0, 0]);
    expect(tf.norm(codebook.codes).dataSync()[0]).toBeGreaterThan(1);
  });

  it("has the gradient that finite differences show, where no code changes", () => {
    const codes = onTensors(CODES);
    const params = onTensors(PARAMS);
    // The head comes after the quantiser: its loss is smooth there.
    const withBias = (bias: Tensor) => ({ ...params, head: { ...params.head, bias } });
    const loss = (bias: Tensor): Tensor => lossOf(withBias(bias), codes).loss;
    const gradient = tf.grad(loss)(params.head.bias).dataSync();
    const values = PARAMS.head.bias.data;
    for (let i = 0; i < values.length; i++) {
      const moved = (by: number): number =>
        loss(
          tf.tensor(
            values.map((value, at) => (at === i ? value + by : value)),
            [4],
          ),
        ).dataSync()[0] ?? Number.NaN;
      expect(gradient[i]).toBeCloseTo((moved(0.05) - moved(-0.05)) / 0.1, 2);
    }
  });

  it("does not see absent rows, in no term", () => {
    const params = onTensors(PARAMS);
    const codes = onTensors(CODES);
    const absent = (fill: number): number => {
      const one = batch();
      const audio = one.streams["audio"];
      if (audio === undefined) throw new Error("no audio");
      const gone = tf.zeros([B, T]);
      const changed = {
        ...one,
        streams: {
          ...one.streams,
          audio: { x: tf.fill([B, T, 6], fill), present: gone, joint: gone },
        },
      };
      const { loss, metrics } = unifiedLoss(
        params as never,
        { ...onTensors(initCodebook(5, 4)), codes },
        changed,
        masks as never,
        CONFIG,
        UNIFIED_LOSS_DEFAULTS,
      );
      expect(metrics["audioLoss"]?.dataSync()[0]).toBe(0);
      expect(metrics["videoLoss"]?.dataSync()[0]).toBeGreaterThan(0);
      return loss.dataSync()[0] ?? Number.NaN;
    };
    expect(absent(5)).toBe(absent(-3));
  });
});
