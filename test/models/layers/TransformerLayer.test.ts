import { beforeAll, describe, expect, it } from "vitest";

import { ShapeError } from "../../../src/errors.ts";
import {
  initTransformerLayer,
  type TransformerLayerParams,
  transformerLayer,
} from "../../../src/models/layers/TransformerLayer.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { onTensors } from "../../support/onTensors.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const WIDTH = 4;
const identity = { weight: tf.eye(WIDTH), bias: tf.zeros([WIDTH]) };
const norm = { gain: tf.ones([WIDTH]), offset: tf.zeros([WIDTH]) };
/** Queries, keys and values are the rows themselves; the second half adds relu(h). */
const plain: TransformerLayerParams<Tensor> = {
  ...{ query: identity, key: identity, value: identity, out: identity },
  ...{ attended: norm, up: identity, down: identity, fed: norm },
};

type Rows = readonly (readonly number[])[];

function normalised(row: readonly number[]): number[] {
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
  return row.map((x) => (x - mean) / Math.sqrt(variance + 1e-5));
}

/** What the plain layer gives for a row that sees others, written out. @param bias Added to the logits. */
function byHand(row: readonly number[], seen: Rows, heads: number, bias = seen.map(() => 0)) {
  const size = WIDTH / heads;
  const attended = row.map((_, at) => {
    const from = Math.floor(at / size) * size;
    const part = (x: readonly number[]): readonly number[] => x.slice(from, from + size);
    const shares = seen.map((other, i) => {
      const dot = part(row).reduce((sum, x, d) => sum + x * (part(other)[d] ?? 0), 0);
      return Math.exp(dot / Math.sqrt(size) + (bias[i] ?? 0));
    });
    const total = shares.reduce((sum, share) => sum + share, 0);
    return seen.reduce((sum, other, i) => sum + ((shares[i] ?? 0) / total) * (other[at] ?? 0), 0);
  });
  const h = normalised(row.map((x, at) => x + (attended[at] ?? 0)));
  return normalised(h.map((x) => x + Math.max(0, x)));
}

const rows = [
  [1, 0.5, -1, 2],
  [0.25, -2, 1, 0],
  [-1, 1, 0.5, 0.75],
];
const x = tf.tensor3d([rows]);
const numbers = (tensor: Tensor): number[] => [...tensor.dataSync()];

function expectRows(got: Tensor, expected: Rows): void {
  const flat = expected.flat();
  expect(numbers(got).length).toBe(flat.length);
  for (const [at, value] of numbers(got).entries()) expect(value).toBeCloseTo(flat[at] ?? 0, 4);
}

describe("transformerLayer", () => {
  it.each([1, 2, 4])("attends with %d heads, each in proportion to 1/√size", (heads) => {
    expectRows(
      transformerLayer(plain, x, { heads }),
      rows.map((row) => byHand(row, rows, heads)),
    );
  });

  it("looks at the past without giving it out, and where the bias lets it", () => {
    const past = tf.tensor3d([rows.slice(0, 1)]);
    const late = tf.tensor3d([rows.slice(1)]);
    expectRows(
      transformerLayer(plain, late, { heads: 2, past }),
      rows.slice(1).map((row) => byHand(row, rows, 2)),
    );
    const bias = [
      [0, 0, -1e9],
      [0.5, 0, 0],
    ];
    expectRows(
      transformerLayer(plain, late, { heads: 2, past, bias: tf.tensor4d([[bias]]) }),
      rows.slice(1).map((row, at) => byHand(row, rows, 2, bias[at])),
    );
  });

  it("keeps the shape of its rows, and refuses heads that do not divide the width", () => {
    const rng = Rng.fromSeed(2);
    const params = onTensors(initTransformerLayer(() => rng.uniform(), WIDTH, 6));
    expect(transformerLayer(params, x, { heads: 2 }).shape).toEqual([1, 3, WIDTH]);
    expect(() => transformerLayer(plain, x, { heads: 3 })).toThrow(ShapeError);
  });
});
