import { describe, expect, it, vi } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { openCmgEncoder } from "../../../src/models/cmg/CmgEncoder.ts";
import { type CmgConfig, type CmgEncoder, checkCmgConfig } from "../../../src/models/cmg/config.ts";
import {
  decodeMap,
  initMapDecoder,
  initMapSpecific,
  initPool,
  poolMap,
  specificMap,
} from "../../../src/models/cmg/mapBranch.ts";
import { CmgTraining } from "../../../src/models/cmg/method.ts";
import { bidirectional, initCmgParams } from "../../../src/models/cmg/network.ts";
import { codePreset, paperPreset, streamPreset } from "../../../src/models/cmg/presets.ts";
import {
  encodeSemantic,
  initSemantic,
  pastShapes,
  type SemanticParams,
} from "../../../src/models/cmg/semanticEncoder.ts";
import { initTransformerLayer } from "../../../src/models/layers/TransformerLayer.ts";
import type { HostTensor, HostTree } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { flattenTree } from "../../../src/tensor/tree.ts";
import { onTensors } from "../../support/onTensors.ts";

// Each compiles programs: seconds on a free machine, much longer beside other work.
vi.setConfig({ testTimeout: 120_000 });

const rng = Rng.fromSeed(31);
const uniform = (): number => rng.uniform();
const numbers = (shape: readonly number[]): Float32Array => rng.normalArray(sizeOfShape(shape));
const random = (shape: number[]): Tensor => tf.tensor(numbers(shape), shape);
const vectors = (...sizes: number[]) =>
  sizes.map((size, at) => ({
    name: `m${at}`,
    input: { kind: "vector", size } as const,
  }));

const KINDS: Readonly<Record<string, CmgEncoder>> = {
  frames: { kind: "frames", hidden: 8 },
  convolution: { kind: "convolution", hidden: 8, dilations: [1, 2] },
  "causal attention": {
    kind: "attention",
    layers: 2,
    heads: 2,
    feedForward: 12,
    dropout: 0,
    reach: 3,
  },
  "attention over the clip": {
    kind: "attention",
    layers: 2,
    heads: 2,
    feedForward: 12,
    dropout: 0,
    reach: "clip",
  },
};

const [B, T, IN, D] = [2, 7, 5, 6];

function encoderOf(encoder: CmgEncoder): SemanticParams<Tensor> {
  return onTensors(initSemantic(uniform, encoder, IN, D) as unknown as HostTree) as never;
}

const rowsOf = (z: Tensor, t: number): number[] => [
  ...tf.slice(z, [0, t, 0], [B, 1, D]).dataSync(),
];

describe("semantic encoders", () => {
  it.each(Object.entries(KINDS))("%s end in a norm of √D per frame", async (_, encoder) => {
    await tf.setBackend("cpu");
    const { z } = encodeSemantic(encoderOf(encoder), encoder, random([B, T, IN]));
    for (const square of tf.sum(tf.square(z), 2).dataSync()) expect(square).toBeCloseTo(D, 2);
  });

  it.each(["frames", "convolution", "causal attention"])(
    "%s gives the same bits when later frames change",
    (kind) => {
      const encoder = KINDS[kind];
      if (encoder === undefined) throw new Error(kind);
      const params = encoderOf(encoder);
      const x = random([B, T, IN]);
      const other = tf.concat([tf.slice(x, [0, 0, 0], [B, 4, IN]), random([B, T - 4, IN])], 1);
      const [z, changed] = [x, other].map((each) => encodeSemantic(params, encoder, each).z);
      if (z === undefined || changed === undefined) throw new Error("no z");
      for (let t = 0; t < 4; t++) expect(rowsOf(changed, t)).toEqual(rowsOf(z, t));
      expect(rowsOf(changed, 5)).not.toEqual(rowsOf(z, 5));
    },
  );

  it.each(["frames", "convolution", "causal attention"])(
    "%s gives frame by frame what it gives for the clip",
    (kind) => {
      const encoder = KINDS[kind];
      if (encoder === undefined) throw new Error(kind);
      const params = encoderOf(encoder);
      const x = random([B, T, IN]);
      const { z } = encodeSemantic(params, encoder, x);
      let past = Object.fromEntries(
        Object.entries(pastShapes(encoder, D, B)).map(([position, shape]) => [
          position,
          tf.zeros([...shape]),
        ]),
      );
      const kept = encoder.kind === "attention" && encoder.reach !== "clip" ? encoder.reach - 1 : 0;
      for (let t = 0; t < T; t++) {
        const seen = tf.tensor(
          Array.from({ length: B }, () =>
            Array.from({ length: kept }, (_, p) => (kept - p <= t ? 1 : 0)),
          ).flat(),
          [B, kept],
        );
        const step = encodeSemantic(params, encoder, tf.slice(x, [0, t, 0], [B, 1, IN]), {
          past,
          ...(kept > 0 && { seen }),
        });
        past = step.past;
        const expected = rowsOf(z, t);
        for (const [i, value] of step.z.dataSync().entries())
          expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
      }
    },
  );

  it("turn with time where they see the clip both ways, as published", () => {
    const encoder = KINDS["attention over the clip"];
    if (encoder === undefined) throw new Error("no encoder");
    const params = encoderOf(encoder);
    const x = random([B, T, IN]);
    const turned = encodeSemantic(params, encoder, tf.reverse(x, 1)).z;
    const { z } = encodeSemantic(params, encoder, x);
    for (const [i, value] of tf.reverse(turned, 1).dataSync().entries())
      expect(value).toBeCloseTo(z.dataSync()[i] ?? Number.NaN, 5);
  });

  it("have the published number of weights in a transformer layer", () => {
    const leaves = flattenTree(
      initTransformerLayer(uniform, 256, 1024) as unknown as HostTree,
      (node): node is HostTensor => ArrayBuffer.isView((node as HostTensor).data),
    );
    expect(leaves.reduce((sum, [, { data }]) => sum + data.length, 0)).toBe(789_760);
  });
});

describe("the branch of maps", () => {
  const input = {
    kind: "map",
    side: 7,
    channels: 4,
    pooling: "sum",
    convolution: [6, 8],
  } as const;

  it("sums over places in the released form, which is the places' number times the mean", () => {
    const params = onTensors(initPool(uniform, input) as unknown as HostTree) as never;
    const x = random([3, 7, 7, 4]);
    const [sum, mean] = (["sum", "mean"] as const).map((pooling) =>
      poolMap(params, x, { ...input, pooling }).dataSync(),
    );
    for (const [i, value] of (sum ?? []).entries())
      expect(value).toBeCloseTo(49 * (mean?.[i] ?? Number.NaN), 3);
  });

  it("weighs places in the paper's form, where the sum does not", () => {
    const attending = { ...input, pooling: "attention" } as const;
    const params = onTensors(initPool(uniform, attending) as unknown as HostTree) as never;
    const loss = (x: Tensor): Tensor => tf.sum(poolMap(params, x, attending));
    const x = random([1, 7, 7, 4]);
    const places = tf.sum(tf.grad(loss)(x), 3).dataSync();
    expect(Math.max(...places) - Math.min(...places)).toBeGreaterThan(1e-4);
  });

  it("shrinks by four a side and comes back to the input's shape", () => {
    const specific = onTensors(initMapSpecific(uniform, input, 5) as unknown as HostTree) as never;
    const decoder = onTensors(initMapDecoder(uniform, input, 6) as unknown as HostTree) as never;
    const { map, vector } = specificMap(specific, random([3, 7, 7, 4]));
    expect([map.shape, vector.shape]).toEqual([
      [3, 3, 3, 8],
      [3, 5],
    ]);
    expect(decodeMap(decoder, random([3, 6]), map).shape).toEqual([3, 7, 7, 4]);
  });
});

describe("the text branch", () => {
  it("reads both ways: the first row knows of the last frame", () => {
    const config = codePreset({
      modalities: [
        { name: "text", input: { kind: "vector", size: 3, recurrent: 4 } },
        ...vectors(2),
      ],
    });
    const { recurrent } = initCmgParams(config, uniform);
    const params = onTensors(recurrent?.["text"] as unknown as HostTree) as never;
    const x = random([1, 5, 3]);
    const rows = bidirectional(params, x);
    expect(rows.shape).toEqual([1, 5, 8]);
    const first = (each: Tensor): Tensor =>
      tf.sum(tf.slice(bidirectional(params, each), [0, 0, 0], [1, 1, 8]));
    const slopes = tf.sum(tf.abs(tf.grad(first)(x)), 2).dataSync();
    for (const slope of slopes) expect(slope).toBeGreaterThan(0);
  });
});

/** A preset made small enough for a test: what costs is to compile it, and that goes with the frames. */
function small(config: CmgConfig): CmgConfig {
  return {
    ...config,
    batch: 4,
    frames: 3,
    codebook: { ...config.codebook, size: 12, dim: 8 },
    modalities: config.modalities.map((modality) => ({
      ...modality,
      specific: 4,
      encoder:
        modality.encoder.kind === "attention"
          ? { ...modality.encoder, layers: 1, heads: 2, feedForward: 8 }
          : { kind: "frames", hidden: 8 },
    })),
    ...(config.cpc && { cpc: { ...config.cpc, hidden: 6 } }),
    ...(config.club && { club: { ...config.club, hidden: 6, innerSteps: 2 } }),
  };
}

const batchOf = (config: CmgConfig) => ({
  x: Object.fromEntries(
    config.modalities.map(({ name, input }) => [
      name,
      numbers([
        config.batch * config.frames,
        input.kind === "map" ? input.side * input.side * input.channels : input.size,
      ]),
    ]),
  ),
});

describe("CmgTraining", () => {
  const map = {
    name: "map",
    input: { kind: "map", side: 5, channels: 3, pooling: "attention", convolution: [4, 6] },
  } as const;
  const text = { name: "text", input: { kind: "vector", size: 3, recurrent: 4 } } as const;

  it.each([
    [
      "paper, three modalities with a map and text",
      paperPreset({ modalities: [...vectors(3), map, text] }),
    ],
    ["code, two modalities", codePreset({ modalities: vectors(3, 4) })],
    ["code, paper era", codePreset({ modalities: vectors(3, 4), era: "paper" })],
    ["stream", streamPreset({ modalities: vectors(3, 4) })],
  ])(
    "lowers the loss of preset %s and leaves finite weights",
    async (_, preset) => {
      const config = small(preset);
      await using training = await CmgTraining.open(config, { seed: 1 });
      const batch = batchOf(config);
      const losses: number[] = [];
      for (let step = 0; step < 12; step++)
        losses.push((await training.step(batch, 5e-3))["reconstruction"] ?? Number.NaN);
      expect(losses.at(-1)).toBeLessThan(losses[1] ?? 0);
      const { codebook } = await training.readModel();
      expect(codebook.codes.data.every(Number.isFinite)).toBe(true);
      expect(training.steps).toBe(12);
    },
    60_000,
  );

  it("takes predictions with a queue, a guard, three steps and every start, but no batch of another size", async () => {
    const preset = { ...small(streamPreset({ modalities: vectors(3, 4) })), frames: 5 };
    if (preset.cpc === undefined) throw new Error("no cpc");
    const config: CmgConfig = {
      ...preset,
      cpc: { ...preset.cpc, steps: 3, starts: "all", queue: 6, guard: true },
    };
    await using training = await CmgTraining.open(config, { seed: 1 });
    const { x } = batchOf(config);
    await expect(training.step({ x })).rejects.toThrow(ConfigError);
    const groups = Int32Array.of(0, 0, 1, 2);
    for (let step = 0; step < 3; step++) await training.step({ x, groups });
    // Nobody is a negative of anybody: guessing right is all there is.
    const { cpc } = await training.step({ x, groups: new Int32Array(4) });
    expect(cpc).toBeGreaterThan(0); // the queue's negatives remain
    await expect(
      training.step({ x: { m0: new Float32Array(7), m1: new Float32Array(7) }, groups }),
    ).rejects.toThrow(ShapeError);
  });

  it("gives the same weights for the same seed, others for another", async () => {
    const config = small(streamPreset({ modalities: vectors(3, 4) }));
    const batch = batchOf(config);
    const run = async (seed: number): Promise<Float32Array> => {
      await using training = await CmgTraining.open(config, { seed });
      for (let step = 0; step < 3; step++) await training.step(batch);
      return (await training.readModel()).codebook.sums.data;
    };
    const [first, again, other] = [await run(5), await run(5), await run(6)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});

describe("openCmgEncoder", () => {
  it("finds every code by itself, pads the last batch, leaves the codebook as it was, and knows its modalities", async () => {
    const config = small(streamPreset({ modalities: vectors(3, 4) }));
    await using training = await CmgTraining.open(config, { seed: 1 });
    for (let step = 0; step < 5; step++) await training.step(batchOf(config));
    const model = await training.readModel();
    const before = model.codebook.codes.data.slice();
    await using encoder = await openCmgEncoder(model, { modality: "m1" });
    const { frames } = config;
    const x = numbers([6 * frames, 4]);
    const all = await encoder.encode(x);
    const alone = await encoder.encode(x.subarray(5 * frames * 4));
    expect([...all.index.subarray(5 * frames)]).toEqual([...alone.index]);
    expect(all.z.length).toBe(6 * frames * 8);
    for (const [frame, code] of all.index.entries()) {
      const z = all.z.subarray(frame * 8, (frame + 1) * 8);
      const far = Array.from({ length: 12 }, (_, k) =>
        Math.hypot(...Array.from(z, (value, d) => value - (before[k * 8 + d] ?? 0))),
      );
      expect(far[code]).toBeCloseTo(Math.min(...far), 4);
      expect(all.distance[frame]).toBeCloseTo(far[code] ?? Number.NaN, 2);
    }
    expect(model.codebook.codes.data).toEqual(before);
    await expect(openCmgEncoder(model, { modality: "smell" })).rejects.toThrow(ConfigError);
  });
});

describe("checkCmgConfig", () => {
  const fine = streamPreset({ modalities: vectors(3, 4) });
  it("takes every preset", () => {
    for (const preset of [paperPreset, codePreset, streamPreset])
      expect(checkCmgConfig(preset({ modalities: vectors(3, 4, 5) })).modalities).toHaveLength(3);
  });

  it.each([
    ["one modality", { modalities: fine.modalities.slice(0, 1) }],
    ["a clip too short for a prediction", { frames: 2 }],
    ["a decay of 1", { codebook: { ...fine.codebook, decay: 1 } }],
    ["two modalities of one name", { modalities: [...fine.modalities, ...fine.modalities] }],
  ] as const)("refuses %s", (_, change) => {
    expect(() => checkCmgConfig({ ...fine, ...change })).toThrow(ConfigError);
  });
});
