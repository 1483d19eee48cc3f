import { describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { Trainer } from "../../../src/learn/Trainer.ts";
import {
  checkDecurConfig,
  type DecurConfig,
  type EncoderConfig,
  featureSize,
  inputShape,
} from "../../../src/models/decur/config.ts";
import {
  type DecurBatch,
  decurStep,
  embedBatch,
  embedFeatures,
  encodeModality,
  initDecur,
  initDecurState,
} from "../../../src/models/decur/method.ts";
import { encode, initEncoder } from "../../../src/models/decur/network.ts";
import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { specsOf } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { float32, sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { onTensors } from "../../support/onTensors.ts";

const attention = { heads: 2, groups: 1, kernel: 3, stride: 1 };
const ENCODERS: readonly EncoderConfig[] = [
  { kind: "vector", size: 6, widths: [10, 8] },
  {
    kind: "series",
    rows: 8,
    channels: 3,
    stages: [
      { filters: 6, kernel: 5, stride: 2 },
      { filters: 4, kernel: 3, stride: 1, attention },
    ],
    bins: 2,
  },
  {
    kind: "clip",
    frames: 4,
    rows: 7,
    columns: 6,
    channels: 2,
    image: [
      { filters: 4, kernel: 3, stride: 2, attention },
      { filters: 4, kernel: 3, stride: 2 },
    ],
    width: 6,
    stages: [{ filters: 4, kernel: 3, stride: 1 }],
    bins: 2,
  },
];

function configOf(change: Partial<DecurConfig["projector"]> = {}): DecurConfig {
  return {
    modalities: ENCODERS.slice(0, 2).map((encoder) => ({ name: encoder.kind, encoder })),
    projector: { hidden: 12, depth: 2, dimensions: 8, isShared: false, ...change },
    loss: { common: 6 },
  };
}

const B = 48;

/** Views of both modalities around one shared cause. */
function drawBatch(rng: Rng) {
  const causes = rng.normalArray(B * 3);
  const view = (size: number): Float32Array =>
    Float32Array.from(
      { length: B * size },
      (_, i) => (causes[Math.floor(i / size) * 3 + (i % 3)] ?? 0) + rng.normal(0, 0.2),
    );
  return {
    vector: { first: view(6), second: view(6) },
    series: { first: view(24), second: view(24) },
  };
}

const specs = {
  vector: { first: float32([B, 6]), second: float32([B, 6]) },
  series: { first: float32([B, 8, 3]), second: float32([B, 8, 3]) },
};

describe("encode", () => {
  it.each(ENCODERS)("gives d features a row, each row by itself: $kind", async (encoder) => {
    await tf.setBackend("cpu");
    const params = onTensors(initEncoder(Rng.fromSeed(1), encoder));
    const shape = inputShape(encoder);
    const x = tf.tensor(Rng.fromSeed(2).normalArray(3 * sizeOfShape(shape)), [3, ...shape]);
    const all = encode(params, encoder, x);
    expect(all.shape).toEqual([3, featureSize(encoder)]);
    const last = encode(params, encoder, tf.slice(x, [2], [1]));
    const difference = tf.sub(tf.slice(all, [2], [1]), last);
    expect(tf.max(tf.abs(difference)).dataSync()[0]).toBeLessThan(1e-5);
    expect(() => encode(params, encoder, tf.zeros([3, 5]))).toThrow(ShapeError);
  });
});

describe("decurStep", () => {
  it.each([
    ["separate projectors", {}, undefined],
    ["one shared projector", { isShared: true }, undefined],
    ["online", {}, { decay: 0.5 }],
  ] as const)("learns what modalities share: %s", async (_, change, online) => {
    const config = { ...configOf(change), ...(online !== undefined && { online }) };
    const params = initDecur(config, Rng.fromSeed(3));
    const extra = initDecurState(config, params);
    await using trainer = await Trainer.open({
      name: "decur",
      params,
      extra,
      batch: specs,
      loss: (weights, batch, state) => decurStep(config, weights, batch, state),
    });
    const rng = Rng.fromSeed(4);
    const losses: number[] = [];
    for (let step = 0; step < 60; step++)
      losses.push((await trainer.step(drawBatch(rng), 5e-3))["common.vector-series"] ?? Number.NaN);
    const mean = (part: number[]): number => part.reduce((a, b) => a + b) / part.length;
    expect(mean(losses.slice(-5))).toBeLessThan(0.5 * mean(losses.slice(0, 5)));

    const state = await trainer.readExtra();
    const weights = await trainer.readParams();
    const program = defineProgram({
      name: "embed",
      inputs: { params: specsOf(weights), state: specsOf(state), batch: specs },
      body: (inputs) => {
        const {
          params: p,
          state: s,
          batch,
        } = inputs as never as {
          params: Parameters<typeof embedFeatures>[1];
          state: Parameters<typeof embedFeatures>[2];
          batch: DecurBatch<Tensor>;
        };
        const x = batch["vector"]?.first as Tensor;
        const lone = embedFeatures(config, p, s, "vector", encodeModality(config, p, "vector", x));
        const { views } = embedBatch(config, p, batch, s);
        return { lone, batch: views[0]?.first as Tensor };
      },
    });
    await using compiled = await compile(program);
    const out = (await compiled.run({
      params: weights,
      state,
      batch: drawBatch(rng),
    } as never)) as {
      lone: Float32Array;
      batch: Float32Array;
    };
    expect(meanCorrelation(out.lone, out.batch, 8)).toBeGreaterThan(0.95);
  });

  it("leaves weights of a modality that is never there as they were", async () => {
    const config = configOf();
    const params = initDecur(config, Rng.fromSeed(5));
    const present = float32([B]);
    await using trainer = await Trainer.open({
      name: "decur",
      params,
      extra: initDecurState(config, params),
      batch: { ...specs, series: { ...specs.series, present } },
      loss: (weights, batch, state) => decurStep(config, weights, batch, state),
    });
    const rng = Rng.fromSeed(6);
    for (let step = 0; step < 3; step++) {
      const { vector, series } = drawBatch(rng);
      const feeds = { vector, series: { ...series, present: new Float32Array(B) } };
      await trainer.step(feeds, 1e-2);
    }
    const after = await trainer.readParams();
    expect(after.encoders["series"]).toEqual(params.encoders["series"]);
    expect(after.projectors["series"]).toEqual(params.projectors["series"]);
    expect(after.encoders["vector"]).not.toEqual(params.encoders["vector"]);
    const { running } = await trainer.readExtra();
    expect(running["series"]).toEqual(initDecurState(config, params).running["series"]);
  });
});

describe("checkDecurConfig", () => {
  it("refuses a split beyond K, and one projector for features of different size", () => {
    expect(() => checkDecurConfig(configOf({ dimensions: 5 }))).toThrow(ConfigError);
    expect(() => checkDecurConfig({ ...configOf(), modalities: [] })).toThrow(ConfigError);
    const [vector] = configOf().modalities;
    const wide = { kind: "vector", size: 6, widths: [9] } as const;
    const modalities = [
      vector ?? { name: "vector", encoder: wide },
      { name: "wide", encoder: wide },
    ];
    expect(() => checkDecurConfig({ ...configOf({ isShared: true }), modalities })).toThrow(
      ConfigError,
    );
  });
});

/** Mean over dimensions of the correlation of two [B, K]. */
function meanCorrelation(a: Float32Array, b: Float32Array, K: number): number {
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const [x, y] = [a, b].map((z) => {
      const column = Array.from({ length: B }, (_, i) => z[i * K + k] ?? 0);
      const mean = column.reduce((total, value) => total + value, 0) / B;
      return column.map((value) => value - mean);
    }) as [number[], number[]];
    const dot = (p: number[], q: number[]): number => p.reduce((s, v, i) => s + v * (q[i] ?? 0), 0);
    sum += dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
  }
  return sum / K;
}
