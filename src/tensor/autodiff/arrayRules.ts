import type { Tensor } from "@tensorflow/tfjs";

import { type GradientRule, numbersOf, savedAt, type Tfjs } from "./GradientRule.ts";

/**
 * Gradients of reshaping, indexing and scanning kernels that tfjs 4.22 lacks (Cumprod, GatherNd,
 * ScatterNd, TopK), gets wrong (Cumsum off the last axis, Prod with negative axes, Unpack of one,
 * GatherV2 with more than one batch axis), or unrolls (Tile, GatherV2 with batches).
 */
export const arrayRules: readonly GradientRule[] = [
  {
    kernel: "Tile",
    saves: ["x"],
    gradient: ({ tf, dy, saved, attributes }) => {
      const x = savedAt(saved, 0);
      const reps = numbersOf(attributes["reps"]);
      const split = x.shape.flatMap((size, axis) => [reps[axis] ?? 1, size]);
      const repeated = x.shape.map((_, axis) => 2 * axis);
      return { x: () => tf.sum(tf.reshape(dy, split), repeated) };
    },
  },
  {
    kernel: "Unpack",
    saves: [],
    gradient: ({ tf, dys, attributes }) => ({
      value: () => tf.stack([...dys], numbersOf(attributes["axis"])[0] ?? 0),
    }),
  },
  {
    kernel: "Cumsum",
    saves: [],
    gradient: ({ tf, dy, attributes }) => ({
      x: () =>
        tf.cumsum(
          dy,
          numbersOf(attributes["axis"])[0] ?? 0,
          attributes["exclusive"] === true,
          attributes["reverse"] !== true,
        ),
    }),
  },
  {
    kernel: "Cumprod",
    saves: ["x"],
    gradient: ({ tf, dy, saved, attributes }) => {
      const x = savedAt(saved, 0);
      const axis = numbersOf(attributes["axis"])[0] ?? 0;
      return { x: () => cumprodGradient(tf, dy, x, axis, attributes) };
    },
  },
  {
    kernel: "Prod",
    saves: ["x"],
    gradient: ({ tf, dy, saved, attributes }) => {
      const x = savedAt(saved, 0);
      return { x: () => prodGradient(tf, dy, x, numbersOf(attributes["axis"] ?? [])) };
    },
  },
  {
    kernel: "GatherV2",
    saves: ["x", "indices"],
    gradient: ({ tf, dy, saved, attributes }) => {
      const [x, indices] = [savedAt(saved, 0), savedAt(saved, 1)];
      const axis = numbersOf(attributes["axis"])[0] ?? 0;
      const batchDims = numbersOf(attributes["batchDims"] ?? 0)[0] ?? 0;
      return {
        x: () => gatherGradient(tf, dy, x, indices, axis, batchDims),
        indices: () => indices,
      };
    },
  },
  {
    kernel: "GatherNd",
    saves: ["params", "indices"],
    gradient: ({ tf, dy, saved }) => {
      const [params, indices] = [savedAt(saved, 0), savedAt(saved, 1)];
      return {
        params: () => tf.scatterND(indices, dy, params.shape as never),
        indices: () => tf.zerosLike(indices),
      };
    },
  },
  {
    kernel: "ScatterNd",
    saves: ["indices"],
    gradient: ({ tf, dy, saved }) => {
      const indices = savedAt(saved, 0);
      return { indices: () => tf.zerosLike(indices), updates: () => tf.gatherND(dy, indices) };
    },
  },
  {
    kernel: "TopK",
    saves: ["x"],
    gradient: ({ tf, dys, saved, attributes }) => {
      const x = savedAt(saved, 0);
      const k = numbersOf(attributes["k"])[0] ?? 1;
      const [dy] = dys;
      if (dy === undefined) throw new RangeError("TopK gradient: expected a dy, got none");
      return {
        x: () => {
          const { indices } = tf.topk(x, k);
          const picked = tf.oneHot(tf.cast(indices, "int32"), x.shape.at(-1) ?? 1, 1, 0, "float32"); // [..., k, N]
          return tf.sum(tf.mul(picked, tf.expandDims(dy, -1)), -2);
        },
      };
    },
  },
];

/**
 * y = cumprod(x): dx_i = Σ_{j ≥ i} dy_j · Π_{l ≤ j, l ≠ i} x_l, by a triangle of products without a
 * division, so that zeros in x are no special case. Costs N² per row: sequences are short where
 * products make sense.
 */
function cumprodGradient(
  tf: Tfjs,
  dy: Tensor,
  x: Tensor,
  axis: number,
  attributes: { readonly [name: string]: unknown },
): Tensor {
  const length = x.shape[axis] ?? 1;
  const exclusive = attributes["exclusive"] === true;
  const reverse = attributes["reverse"] === true;
  const parts = Array.from({ length }, (_, i) => {
    const before = Array.from({ length }, (_, at) => (at === i ? 0 : 1));
    const keep = tf.reshape(
      tf.tensor1d(before),
      x.shape.map((_, at) => (at === axis ? length : 1)),
    );
    // x with x_i replaced by 1: its running product from i on is ∂y/∂x_i.
    const without = tf.add(tf.mul(x, keep), tf.sub(1, keep));
    const reaches = tf.reshape(
      tf.tensor1d(before.map((_, at) => reachesOutput(i, at, exclusive, reverse))),
      x.shape.map((_, at) => (at === axis ? length : 1)),
    );
    const slopes = tf.mul(tf.cumprod(without, axis, exclusive, reverse), reaches);
    return tf.sum(tf.mul(dy, slopes), axis, true);
  });
  return tf.concat(parts, axis);
}

function reachesOutput(i: number, at: number, exclusive: boolean, reverse: boolean): number {
  const distance = reverse ? i - at : at - i;
  return distance > 0 || (distance === 0 && !exclusive) ? 1 : 0;
}

/** dx_i = dy · Π_{j ≠ i} x_j, from the running products of both sides: right also when some x are 0. */
function prodGradient(tf: Tfjs, dy: Tensor, x: Tensor, given: readonly number[]): Tensor {
  const rank = x.shape.length;
  const axes = given.map((axis) => (axis < 0 ? axis + rank : axis));
  const reduced = axes.length > 0 ? axes : x.shape.map((_, axis) => axis);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  const perm = [...kept, ...reduced];
  const size = reduced.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
  const keptShape = kept.map((axis) => x.shape[axis] ?? 1);
  const rows = tf.reshape(tf.transpose(x, perm), [...keptShape, size]);
  const others = tf.mul(
    tf.cumprod(rows, keptShape.length, true, false),
    tf.cumprod(rows, keptShape.length, true, true),
  );
  const grads = tf.mul(others, tf.reshape(dy, [...keptShape, 1]));
  const spread = tf.reshape(
    grads,
    perm.map((axis) => x.shape[axis] ?? 1),
  );
  return tf.transpose(
    spread,
    perm.map((_, axis) => perm.indexOf(axis)),
  );
}

/** Adds every dy to the row it was gathered from: one segment sum over all batches. */
function gatherGradient(
  tf: Tfjs,
  dy: Tensor,
  x: Tensor,
  indices: Tensor,
  axis: number,
  batchDims: number,
): Tensor {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const product = (shape: readonly number[]): number =>
    shape.reduce((size, length) => size * length, 1);
  const batch = product(x.shape.slice(0, batchDims));
  const middle = product(x.shape.slice(batchDims, at));
  const length = x.shape[at] ?? 1;
  const inner = product(x.shape.slice(at + 1));
  const perBatch = product(indices.shape.slice(batchDims));
  // [batch, middle, perBatch, inner] to rows in the order of the batches' indices.
  const values = tf.transpose(tf.reshape(dy, [batch, middle, perBatch, inner]), [0, 2, 1, 3]);
  const offsets = tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(length, "int32"));
  const ids = tf.add(tf.reshape(indices, [batch, perBatch]), tf.reshape(offsets, [batch, 1]));
  const sums = tf.unsortedSegmentSum(
    tf.reshape(values, [batch * perBatch, middle * inner]),
    tf.reshape(tf.cast(ids, "int32"), [batch * perBatch]),
    batch * length,
  );
  const grouped = tf.transpose(tf.reshape(sums, [batch, length, middle, inner]), [0, 2, 1, 3]);
  return tf.reshape(grouped, x.shape);
}
