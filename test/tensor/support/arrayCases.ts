import { logSoftmax } from "../../../src/tensor/ops/logSoftmax.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { isTracing } from "../../../src/tensor/trace/TraceBackend.ts";
import {
  distinctFloats,
  drawAxes,
  drawAxis,
  drawShape,
  floats,
  integers,
  type KernelCase,
} from "./KernelCase.ts";

type Reduction = (x: Tensor, axes: number[], keepDims: boolean) => Tensor;

function reduction(kernel: string, apply: Reduction, valueOnly = false): KernelCase {
  return {
    name: kernel,
    kernels: [kernel],
    valueOnly,
    draw: (rng) => {
      const x = distinctFloats(rng, drawShape(rng, 1, 4));
      const axes = drawAxes(rng, x.shape.length);
      const keepDims = rng.uniform() < 0.5;
      return {
        operands: [x],
        apply: (t) => apply(t as Tensor, axes.length > 0 ? axes : [0], keepDims),
      };
    },
  };
}

function along(
  kernel: string,
  apply: (x: Tensor, axis: number) => Tensor | Tensor[],
  {
    positive = false,
    low = 1,
    ...rest
  }: { valueOnly?: boolean; low?: number; positive?: boolean } = {},
): KernelCase {
  return {
    name: kernel,
    kernels: [kernel],
    ...rest,
    draw: (rng) => {
      const x = floats(rng, drawShape(rng, low, 4));
      const axis = low > 0 && positive ? rng.int(0, x.shape.length) : drawAxis(rng, x.shape.length);
      return { operands: [x], apply: (t) => apply(t as Tensor, axis) };
    },
  };
}

export const arrayCases: readonly KernelCase[] = [
  reduction("Sum", (x, axes, keep) => tf.sum(x, axes, keep)),
  reduction("Mean", (x, axes, keep) => tf.mean(x, axes, keep)),
  reduction("Max", (x, axes, keep) => tf.max(x, axes, keep)),
  reduction("Min", (x, axes, keep) => tf.min(x, axes, keep)),
  reduction("Prod", (x, axes, keep) => tf.prod(tf.add(tf.mul(x, 0.1), 1.5), axes, keep)),
  reduction("All", (x, axes, keep) => tf.all(tf.greater(x, -1), axes, keep), true),
  reduction("Any", (x, axes, keep) => tf.any(tf.greater(x, 2), axes, keep), true),
  {
    name: "Sum of int32 and bool",
    kernels: ["Sum"],
    valueOnly: true,
    draw: (rng) => ({
      operands: [integers(rng, drawShape(rng, 1, 3), -9, 9)],
      apply: (x) => [tf.sum(x as Tensor), tf.sum(tf.greater(x as Tensor, 0)), tf.max(x as Tensor)],
    }),
  },
  along("ArgMax", (x, axis) => tf.argMax(tf.round(x), axis), { valueOnly: true }),
  along("ArgMin", (x, axis) => tf.argMin(tf.round(x), axis), { valueOnly: true }),
  along("Cumsum", (x, axis) => [tf.cumsum(x, axis), tf.cumsum(x, axis, true, true)], {
    positive: true,
  }),
  along("Cumprod", (x, axis) => [tf.cumprod(x, axis), tf.cumprod(x, axis, true, true)], {
    positive: true,
  }),
  along("LogSoftmax", (x) => logSoftmax(x)),
  along("Softmax", (x) => tf.softmax(tf.mul(x, 3))),
  along("Pack", (x, axis) => tf.stack([x, tf.square(x)], axis)),
  along("Unpack", (x, axis) => tf.unstack(x, axis)),
  along("ExpandDims", (x, axis) => tf.expandDims(x, axis)),
  along("Concat", (x, axis) => tf.concat([x, tf.square(x), x], axis)),
  along("SplitV", (x, axis) => {
    const size = x.shape.at(axis) ?? 1;
    return tf.split(tf.concat([x, x], axis), [size, size], axis);
  }),
  along("Reverse", (x, axis) => tf.reverse(x, [axis])),
  along("Reshape", (x) => tf.reshape(x, [-1])),
  along("Transpose", (x) => tf.transpose(x)),
  {
    name: "Transpose by any permutation",
    kernels: ["Transpose"],
    draw: (rng) => {
      const x = floats(rng, drawShape(rng, 2, 5));
      const perm = rng.shuffle(x.shape.map((_, axis) => axis));
      return { operands: [x], apply: (t) => tf.transpose(tf.square(t as Tensor), perm) };
    },
  },
  {
    name: "Transpose twice, whose permutations become one",
    kernels: ["Transpose"],
    draw: (rng) => {
      const x = floats(rng, [2, 3, 4]);
      const [first, second] = [rng.shuffle([0, 1, 2]), rng.shuffle([0, 1, 2])];
      return {
        operands: [x],
        apply: (t) => tf.transpose(tf.transpose(t as Tensor, first), second),
      };
    },
  },
  {
    name: "TopK",
    kernels: ["TopK"],
    valueOnly: true,
    draw: (rng) => {
      const x = floats(rng, [...drawShape(rng, 0, 2), rng.int(2, 6)]);
      return {
        operands: [x],
        apply: (t) => {
          const { values, indices } = tf.topk(tf.round(t as Tensor), 2);
          return [values, indices];
        },
      };
    },
  },
  {
    name: "TopK with its gradient",
    kernels: ["TopK"],
    draw: (rng) => ({
      operands: [distinctFloats(rng, [...drawShape(rng, 0, 2), rng.int(3, 6)])],
      // tfjs has no gradient of its own here; ours runs on both sides, so this checks the mapping.
      apply: (t) => tf.topk(tf.square(t as Tensor), 3).values,
    }),
  },
  {
    name: "Slice",
    kernels: ["Slice"],
    draw: (rng) => {
      const x = floats(rng, drawShape(rng, 1, 4));
      const begin = x.shape.map((size) => rng.int(0, size));
      const size = x.shape.map((length, i) => rng.int(1, length - (begin[i] ?? 0) + 1));
      return { operands: [x], apply: (t) => tf.slice(t as Tensor, begin, size) };
    },
  },
  {
    name: "StridedSlice",
    kernels: ["StridedSlice"],
    valueOnly: true,
    draw: (rng) => {
      const x = floats(rng, [rng.int(3, 7), rng.int(3, 7)]);
      const step = rng.int(1, 3);
      return {
        operands: [x],
        apply: (t) => [
          tf.stridedSlice(t as Tensor, [1, 0], [3, 3], [step, 1]),
          tf.stridedSlice(t as Tensor, [-1, 2], [0, 0], [-1, -1], 0, 2),
        ],
      };
    },
  },
  {
    name: "PadV2",
    kernels: ["PadV2"],
    draw: (rng) => {
      const x = floats(rng, drawShape(rng, 1, 4));
      const paddings = x.shape.map((): [number, number] => [rng.int(0, 3), rng.int(0, 3)]);
      const value = rng.uniform(-1, 1);
      return { operands: [x], apply: (t) => tf.pad(t as Tensor, paddings, value) };
    },
  },
  {
    name: "MirrorPad",
    kernels: ["MirrorPad"],
    valueOnly: true,
    draw: (rng) => {
      const x = floats(rng, [rng.int(3, 5), rng.int(3, 5)]);
      return {
        operands: [x],
        apply: (t) => [
          tf.mirrorPad(
            t as Tensor,
            [
              [1, 2],
              [2, 0],
            ],
            "reflect",
          ),
          tf.mirrorPad(
            t as Tensor,
            [
              [1, 2],
              [2, 0],
            ],
            "symmetric",
          ),
        ],
      };
    },
  },
  {
    name: "Tile",
    kernels: ["Tile"],
    draw: (rng) => {
      const x = floats(rng, drawShape(rng, 1, 4));
      const reps = x.shape.map(() => rng.int(1, 4));
      return { operands: [x], apply: (t) => tf.tile(t as Tensor, reps) };
    },
  },
  {
    name: "BroadcastTo",
    kernels: ["BroadcastTo"],
    draw: (rng) => {
      const shape = drawShape(rng, 1, 3);
      const x = floats(
        rng,
        shape.map((size) => (rng.uniform() < 0.5 ? 1 : size)),
      );
      return {
        operands: [x],
        // tf.broadcastTo is a Tile; no backend of tfjs's own has the kernel.
        apply: (t) =>
          isTracing()
            ? tf.engine().runKernel("BroadcastTo", { x: t as Tensor }, {
                shape,
                inputShape: x.shape,
              } as never)
            : tf.broadcastTo(t as Tensor, shape as never),
      };
    },
  },
  {
    name: "Fill, Range and LinSpace",
    kernels: ["Fill", "Range", "LinSpace"],
    draw: (rng) => {
      const x = floats(rng, [5]);
      return {
        operands: [x],
        apply: (t) => [
          tf.add(t as Tensor, tf.fill([5], 0.7)),
          tf.mul(t as Tensor, tf.linspace(-1, 2, 5)),
          tf.mul(t as Tensor, tf.range(0, 5, 1, "float32")),
        ],
      };
    },
  },
  {
    name: "OneHot",
    kernels: ["OneHot"],
    valueOnly: true,
    draw: (rng) => ({
      operands: [integers(rng, drawShape(rng, 0, 3), -1, 6)],
      apply: (t) => [tf.oneHot(t as never, 5), tf.oneHot(t as never, 5, 2, -1, "float32")],
    }),
  },
  {
    name: "Diag",
    kernels: ["Diag"],
    valueOnly: true,
    draw: (rng) => ({
      operands: [floats(rng, drawShape(rng, 1, 2))],
      apply: (t) => tf.diag(t as Tensor),
    }),
  },
  {
    name: "DepthToSpace",
    kernels: ["DepthToSpace"],
    valueOnly: true,
    draw: (rng) => ({
      operands: [floats(rng, [rng.int(1, 3), 2, 3, 8])],
      apply: (t) => tf.depthToSpace(t as never, 2, "NHWC"),
    }),
  },
  {
    name: "SpaceToBatchND and BatchToSpaceND",
    kernels: ["SpaceToBatchND", "BatchToSpaceND"],
    draw: (rng) => ({
      operands: [floats(rng, [2, 4, 6, rng.int(1, 3)])],
      apply: (t) => {
        const batches = tf.spaceToBatchND(
          t as Tensor,
          [2, 3],
          [
            [1, 1],
            [0, 3],
          ],
        );
        return [
          batches,
          tf.batchToSpaceND(
            tf.square(batches),
            [2, 3],
            [
              [1, 1],
              [0, 3],
            ],
          ),
        ];
      },
    }),
  },
];
