import { beforeAll, describe, expect, it } from "vitest";

import { ShapeError } from "../../../src/errors.ts";
import { convolve } from "../../../src/models/layers/convolve.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, type Tensor4D, tf } from "../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

type Pair = readonly [number, number];

/** Input, kernel, stride, padding: even and odd remainders, films' pictures, the stacks in use. */
const GEOMETRIES: readonly (readonly [number[], number[], Pair, Pair])[] = [
  [
    [2, 8, 8, 3],
    [4, 4, 3, 5],
    [2, 2],
    [1, 1],
  ],
  [
    [2, 9, 7, 2],
    [4, 2, 2, 3],
    [2, 2],
    [1, 0],
  ],
  [
    [1, 10, 6, 1],
    [1, 6, 1, 4],
    [1, 1],
    [0, 0],
  ],
  [
    [2, 12, 1, 4],
    [4, 1, 4, 3],
    [2, 1],
    [1, 0],
  ],
  [
    [2, 7, 1, 3],
    [5, 1, 3, 2],
    [1, 1],
    [2, 0],
  ],
  [
    [2, 9, 9, 2],
    [3, 3, 2, 3],
    [2, 2],
    [1, 1],
  ],
];

describe("convolve", () => {
  it.each(GEOMETRIES)("equals tfjs's convolution and both its gradients: %j %j %j %j", (...row) => {
    const [shape, kernel, stride, padding] = row;
    const rng = Rng.fromSeed(2);
    const draw = (sizes: number[]): Tensor =>
      tf.tensor(rng.normalArray(sizes.reduce((a, b) => a * b, 1)), sizes);
    const [x, w] = [draw(shape), draw(kernel)];
    const theirs = (a: Tensor, b: Tensor): Tensor =>
      tf.conv2d(
        tf.pad(a as Tensor4D, [
          [0, 0],
          [padding[0], padding[0]],
          [padding[1], padding[1]],
          [0, 0],
        ]),
        b as Tensor4D,
        [...stride],
        "valid",
      );
    const ours = (a: Tensor, b: Tensor): Tensor => convolve(a, b, { stride, padding });
    const expected = theirs(x, w);
    const seen = ours(x, w);
    expect(seen.shape).toEqual(expected.shape);
    const weights = draw(expected.shape);
    const results = [ours, theirs].map((apply) =>
      tf.grads((a: Tensor, b: Tensor) => tf.sum(tf.mul(apply(a, b), weights)))([x, w]),
    );
    const pairs = [
      [seen, expected],
      [results[0]?.[0], results[1]?.[0]],
      [results[0]?.[1], results[1]?.[1]],
    ] as const;
    for (const [a, b] of pairs) {
      const [left, right] = [a?.dataSync() ?? [], b?.dataSync() ?? []];
      expect(left.length).toBe(right.length);
      left.forEach((value, i) => void expect(value).toBeCloseTo(right[i] ?? Number.NaN, 4));
    }
  });

  it("refuses channels that differ and a kernel that does not fit", () => {
    const options = { stride: [1, 1], padding: [0, 0] } as const;
    const x = tf.zeros([1, 4, 4, 2]);
    expect(() => convolve(x, tf.zeros([3, 3, 3, 1]), options)).toThrow(ShapeError);
    expect(() => convolve(x, tf.zeros([5, 5, 2, 1]), options)).toThrow(ShapeError);
  });
});
