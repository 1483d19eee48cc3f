import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { patchify } from "../../../src/models/imlrs/adapters.ts";
import {
  type AdapterConfig,
  checkImlConfig,
  type ImlConfig,
  inputShapeOf,
  isDiscrete,
  patchSizeOf,
  targetSizeOf,
  tokensOf,
} from "../../../src/models/imlrs/config.ts";
import { decode } from "../../../src/models/imlrs/decoders.ts";
import { pretrainingLoss } from "../../../src/models/imlrs/loss.ts";
import { encode, type ImlInput, tokensOfModality } from "../../../src/models/imlrs/network.ts";
import { gridEmbedding, lineEmbedding } from "../../../src/models/imlrs/positions.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { randomWeights, TINY } from "./tinyNetwork.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const IMAGE = { kind: "image", rows: 4, columns: 6, channels: 2, patch: 2 } as const;
const MAP = { kind: "classMap", rows: 4, columns: 6, classes: 5, embedding: 3, patch: 2 } as const;
const CLIP = {
  kind: "clip",
  frames: 4,
  rows: 4,
  columns: 6,
  channels: 1,
  window: 2,
  patch: [2, 3],
} as const;
const WORDS = { kind: "tokens", length: 6, vocabulary: 7 } as const;

const count = (...shape: number[]): Tensor =>
  tf.reshape(
    tf.range(
      0,
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  );

describe("patchify", () => {
  it("cuts an image row by row into square patches, pixels and channels together", () => {
    const patches = patchify(IMAGE, count(1, 4, 6, 2));
    expect(patches.shape).toEqual([1, 6, 8]);
    const rows = patches.arraySync() as number[][][];
    expect(rows[0]?.[0]).toEqual([0, 1, 2, 3, 12, 13, 14, 15]);
    expect(rows[0]?.[1]).toEqual([4, 5, 6, 7, 16, 17, 18, 19]);
    expect(rows[0]?.[3]).toEqual([24, 25, 26, 27, 36, 37, 38, 39]);
  });

  it("cuts a clip by time, then by rows and columns", () => {
    const patches = patchify(CLIP, count(1, 4, 4, 6, 1));
    expect(patches.shape).toEqual([1, 8, 12]);
    const rows = patches.arraySync() as number[][][];
    expect(rows[0]?.[0]).toEqual([0, 1, 2, 6, 7, 8, 24, 25, 26, 30, 31, 32]);
    expect(rows[0]?.[4]?.[0]).toBe(48);
  });

  it("refuses an input of another shape", () => {
    expect(() => patchify(IMAGE, count(1, 4, 6, 1))).toThrow(ShapeError);
  });
});

describe("the sizes of an adapter", () => {
  it.each<[AdapterConfig, number, number, number]>([
    [IMAGE, 6, 8, 8],
    [MAP, 6, 4, 20],
    [CLIP, 8, 12, 12],
    [WORDS, 6, 1, 7],
    [{ kind: "series", length: 8, channels: 3, window: 4 }, 2, 12, 12],
  ])("%j: tokens, patch, target", (adapter, tokens, patch, target) => {
    expect([tokensOf(adapter), patchSizeOf(adapter), targetSizeOf(adapter)]).toEqual([
      tokens,
      patch,
      target,
    ]);
  });
});

describe("a network of images, class maps, clips and words", () => {
  const config: ImlConfig = {
    ...TINY,
    grid: { kind: "grid", rows: 2, columns: 3 },
    modalities: [
      { name: "picture", adapter: IMAGE, hidden: 5 },
      { name: "map", adapter: MAP },
      { name: "words", adapter: WORDS },
    ],
  };
  const rng = Rng.fromSeed(1);
  const inputs: Record<string, ImlInput> = Object.fromEntries(
    config.modalities.map(({ name, adapter }) => {
      const shape = [2, ...inputShapeOf(adapter)];
      const size = shape.reduce((a, b) => a * b, 1);
      const x = isDiscrete(adapter)
        ? tf.tensor(
            Int32Array.from({ length: size }, () => rng.int(0, 5)),
            shape,
            "int32",
          )
        : tf.tensor(rng.normalArray(size), shape);
      return [
        name,
        {
          x,
          visible: tf.tensor([
            [1, 0, 1, 1, 0, 1],
            [0, 1, 1, 0, 1, 1],
          ]),
        },
      ];
    }),
  );

  it("encodes and decodes each to its own size", () => {
    const params = randomWeights(config);
    const encoded = encode(params, config, inputs);
    expect(encoded.fusion.shape).toEqual([2, 6, 8]);
    for (const { name, adapter } of config.modalities) {
      expect(tokensOfModality(encoded, name).shape).toEqual([2, 6, 8]);
      expect(decode(params, config, encoded.fusion, name).shape).toEqual([
        2,
        6,
        targetSizeOf(adapter),
      ]);
    }
    const { loss, metrics } = pretrainingLoss(params, config, inputs, {
      kind: "infonce",
      weight: 0.3,
    });
    const parts = ["picture", "map", "words"].map((name) =>
      Number(metrics[`reconstruct-${name}`]?.dataSync()[0]),
    );
    expect(Number(loss.dataSync()[0])).toBeCloseTo(
      parts.reduce((sum, part) => sum + part, 0) + 0.3 * Number(metrics["contrast"]?.dataSync()[0]),
      5,
    );
    // Untrained, a map of 5 and a vocabulary of 7 cost about the logarithm of each.
    expect(Math.abs((parts[1] ?? 0) - Math.log(5))).toBeLessThan(1.5);
    expect(Math.abs((parts[2] ?? 0) - Math.log(7))).toBeLessThan(1.5);
  });

  it("refuses a modality it does not have, and masks of another shape", () => {
    const params = randomWeights(config);
    const picture = inputs["picture"];
    if (picture === undefined) throw new RangeError();
    expect(() => encode(params, config, { smell: picture })).toThrow(ConfigError);
    expect(() => encode(params, config, {})).toThrow(ConfigError);
    expect(() =>
      encode(params, config, { picture: { x: picture.x, visible: tf.ones([2, 5]) } }),
    ).toThrow(ShapeError);
    expect(() =>
      encode(params, config, { picture: { x: picture.x, present: tf.ones([3]) } }),
    ).toThrow(ShapeError);
  });
});

describe("checkImlConfig", () => {
  it("accepts the tiny network and refuses what does not fit together", () => {
    expect(() => checkImlConfig(TINY)).not.toThrow();
    const [alpha] = TINY.modalities;
    if (alpha === undefined) throw new RangeError();
    const bad: readonly Partial<ImlConfig>[] = [
      { width: 6 },
      { heads: 0 },
      { modalities: [] },
      { modalities: [alpha, alpha] },
      { grid: { kind: "line", length: 3 } },
      { decoder: { width: 8, heads: 3, layers: 2 } },
      { causal: { window: 0 } },
      { grid: { kind: "grid", rows: 1, columns: 2 }, causal: { window: 2 } },
      { modalities: [{ ...alpha, adapter: { ...IMAGE, patch: 4 } }] },
      { modalities: [{ ...alpha, missingFlags: true }] },
    ];
    for (const change of bad)
      expect(() => checkImlConfig({ ...TINY, ...change }), JSON.stringify(change)).toThrow(
        ConfigError,
      );
  });
});

describe("the position embeddings", () => {
  it("put sines and cosines of column and row in quarters", () => {
    const table = gridEmbedding({ kind: "grid", rows: 2, columns: 3 }, 8);
    const at = table.subarray(8 * 5, 8 * 6); // row 1, column 2
    const wanted = [2, 2 / 100].map(Math.sin).concat([2, 2 / 100].map(Math.cos));
    const rows = [1, 1 / 100].map(Math.sin).concat([1, 1 / 100].map(Math.cos));
    for (const [k, value] of [...wanted, ...rows].entries()) expect(at[k]).toBeCloseTo(value, 6);
  });

  it("go on from any slot", () => {
    const whole = lineEmbedding(0, 12, 8);
    expect(lineEmbedding(7, 5, 8)).toEqual(whole.slice(56));
  });
});
