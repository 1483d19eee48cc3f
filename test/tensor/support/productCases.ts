import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import type { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, type Tensor3D, type Tensor4D, tf } from "../../../src/tensor/tf.ts";
import { distinctFloats, drawShape, floats, integers, type KernelCase } from "./KernelCase.ts";

type Pad =
  | "same"
  | "valid"
  | [[number, number], [number, number], [number, number], [number, number]];

function drawPad(rng: Rng): Pad {
  const pads: Pad[] = [
    "same",
    "valid",
    [
      [0, 0],
      [1, 2],
      [2, 1],
      [0, 0],
    ],
  ];
  return pads[rng.int(0, pads.length)] ?? "same";
}

function pooling(
  kernels: readonly string[],
  apply: (x: Tensor4D, size: number, stride: number, pad: "same" | "valid") => Tensor,
): KernelCase {
  return {
    name: kernels.join(" and "),
    kernels,
    draw: (rng) => {
      const x = distinctFloats(rng, [rng.int(1, 3), rng.int(4, 8), rng.int(4, 8), rng.int(1, 4)]);
      const [size, stride] = [rng.int(1, 4), rng.int(1, 3)];
      const pad = rng.uniform() < 0.5 ? "same" : "valid";
      return { operands: [x], apply: (t) => apply(t as Tensor4D, size, stride, pad) };
    },
  };
}

export const productCases: readonly KernelCase[] = [
  {
    name: "BatchMatMul",
    kernels: ["BatchMatMul"],
    draw: (rng) => {
      const [m, k, n] = [rng.int(1, 5), rng.int(1, 5), rng.int(1, 5)];
      const batch = drawShape(rng, 0, 2);
      // tfjs's CPU backend repeats batches by counting round: right only when leading axes are missing.
      const part = batch.slice(rng.int(0, batch.length + 1));
      const [left, right] = rng.uniform() < 0.5 ? [batch, part] : [part, batch];
      const [transposeA, transposeB] = [rng.uniform() < 0.5, rng.uniform() < 0.5];
      const a = floats(rng, [...left, ...(transposeA ? [k, m] : [m, k])]);
      const b = floats(rng, [...right, ...(transposeB ? [n, k] : [k, n])]);
      return {
        operands: [a, b],
        apply: (x, y) => tf.matMul(x as Tensor, y as Tensor, transposeA, transposeB),
      };
    },
  },
  {
    name: "BatchMatMul of transposed operands",
    kernels: ["BatchMatMul"],
    draw: (rng) => {
      const [m, k, n, b] = [rng.int(1, 5), rng.int(1, 5), rng.int(1, 5), rng.int(1, 4)];
      const operands = [floats(rng, [b, k, m]), floats(rng, [b, n, k])];
      return {
        operands,
        apply: (x, y) =>
          tf.matMul(tf.transpose(x as Tensor3D, [0, 2, 1]), tf.transpose(y as Tensor3D, [0, 2, 1])),
      };
    },
  },
  {
    name: "_FusedMatMul",
    kernels: ["_FusedMatMul"],
    draw: (rng) => {
      const [m, k, n] = [rng.int(1, 5), rng.int(1, 5), rng.int(1, 5)];
      const activation =
        (["linear", "relu", "elu", "sigmoid", "relu6"] as const)[rng.int(0, 5)] ?? "linear";
      return {
        operands: [floats(rng, [m, k]), floats(rng, [k, n]), floats(rng, [n])],
        differentiable: [],
        apply: (a, b, bias) =>
          tf.fused.matMul({ a: a as Tensor, b: b as Tensor, bias: bias as Tensor, activation }),
      };
    },
  },
  {
    name: "Einsum",
    kernels: ["Einsum"],
    draw: (rng) => {
      const [b, i, j, k] = [rng.int(1, 4), rng.int(1, 4), rng.int(1, 4), rng.int(1, 4)];
      return {
        operands: [floats(rng, [b, i, j]), floats(rng, [b, j, k])],
        apply: (x, y) => [
          tf.einsum("bij,bjk->bik", x as Tensor, y as Tensor),
          tf.einsum("bij->ji", x as Tensor),
        ],
      };
    },
  },
  {
    name: "FusedBatchNorm",
    kernels: ["FusedBatchNorm"],
    draw: (rng) => {
      const c = rng.int(1, 5);
      const x = floats(rng, [rng.int(1, 3), 2, 3, c]);
      const perChannel = () => floats(rng, [c], 0.5, 2);
      return {
        operands: [x, perChannel(), perChannel(), perChannel(), perChannel()],
        apply: (t, mean, variance, offset, scale) =>
          tf.batchNorm(
            t as Tensor4D,
            mean as never,
            variance as never,
            offset as never,
            scale as never,
            0.01,
          ),
      };
    },
  },
  {
    name: "Conv2D with its gradients",
    kernels: ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"],
    draw: (rng) => {
      const [inC, outC, kh, kw] = [rng.int(1, 4), rng.int(1, 4), rng.int(1, 4), rng.int(1, 4)];
      const x = floats(rng, [rng.int(1, 3), rng.int(4, 9), rng.int(4, 9), inC]);
      const [stride, pad] = [rng.int(1, 3), drawPad(rng)];
      return {
        operands: [x, floats(rng, [kh, kw, inC, outC])],
        apply: (t, w) => tf.conv2d(t as Tensor4D, w as Tensor4D, stride, pad),
      };
    },
  },
  {
    name: "Conv2D with many channels and its gradients",
    kernels: ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"],
    draw: (rng) => {
      const [inC, outC, kh, kw] = [rng.int(8, 11), rng.int(1, 4), rng.int(1, 4), rng.int(1, 4)];
      const x = floats(rng, [2, rng.int(4, 8), rng.int(4, 8), inC], -1, 1);
      const [stride, pad] = [rng.int(1, 3), drawPad(rng)];
      return {
        operands: [x, floats(rng, [kh, kw, inC, outC])],
        apply: (t, w) => tf.conv2d(t as Tensor4D, w as Tensor4D, stride, pad),
      };
    },
  },
  {
    name: "Conv2D with sizes rounded up",
    kernels: ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"],
    draw: (rng) => {
      const inC = rng.uniform() < 0.5 ? 2 : 8;
      const x = floats(rng, [1, rng.int(5, 9), rng.int(5, 9), inC], -1, 1);
      return {
        operands: [x, floats(rng, [3, 2, inC, 2])],
        apply: (t, w) => tf.conv2d(t as Tensor4D, w as Tensor4D, 2, 0, "NHWC", 1, "ceil"),
      };
    },
  },
  {
    name: "Conv2D dilated",
    kernels: ["Conv2D"],
    draw: (rng) => {
      const [inC, outC, dilation] = [rng.int(1, 4), rng.int(1, 4), rng.int(1, 4)];
      const x = floats(rng, [2, rng.int(7, 11), rng.int(7, 11), inC]);
      const pad = rng.uniform() < 0.5 ? "same" : "valid";
      return {
        operands: [x, floats(rng, [3, 2, inC, outC])],
        apply: (t, w) => tf.conv2d(t as Tensor4D, w as Tensor4D, 1, pad, "NHWC", dilation),
      };
    },
  },
  {
    name: "Conv1D, causal by padding",
    kernels: ["Conv2D"],
    draw: (rng) => {
      const [inC, outC, k] = [rng.int(1, 4), rng.int(1, 4), rng.int(1, 4)];
      return {
        operands: [floats(rng, [2, rng.int(4, 9), inC]), floats(rng, [k, inC, outC])],
        apply: (t, w) =>
          tf.conv1d(
            tf.pad(t as Tensor3D, [
              [0, 0],
              [k - 1, 0],
              [0, 0],
            ]),
            w as Tensor3D,
            1,
            "valid",
          ),
      };
    },
  },
  {
    name: "FusedConv2D",
    kernels: ["FusedConv2D"],
    draw: (rng) => ({
      operands: [floats(rng, [1, 5, 6, 2]), floats(rng, [3, 3, 2, 3]), floats(rng, [3])],
      differentiable: [],
      apply: (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as Tensor4D,
          filter: filter as Tensor4D,
          bias: bias as Tensor,
          strides: 1,
          pad: "same",
          activation: "relu",
        }),
    }),
  },
  {
    name: "DepthwiseConv2dNative with its gradients",
    kernels: [
      "DepthwiseConv2dNative",
      "DepthwiseConv2dNativeBackpropInput",
      "DepthwiseConv2dNativeBackpropFilter",
    ],
    draw: (rng) => {
      const [c, multiplier, kh, kw] = [rng.int(1, 4), rng.int(1, 3), rng.int(1, 4), rng.int(1, 4)];
      const x = floats(rng, [rng.int(1, 3), rng.int(4, 8), rng.int(4, 8), c]);
      const stride = rng.int(1, 3);
      const pad = rng.uniform() < 0.5 ? "same" : "valid";
      return {
        operands: [x, floats(rng, [kh, kw, c, multiplier])],
        apply: (t, w) => tf.depthwiseConv2d(t as Tensor4D, w as Tensor4D, stride, pad),
      };
    },
  },
  {
    name: "FusedDepthwiseConv2D",
    kernels: ["FusedDepthwiseConv2D"],
    draw: (rng) => ({
      operands: [floats(rng, [1, 5, 6, 2]), floats(rng, [3, 3, 2, 1]), floats(rng, [2])],
      differentiable: [],
      apply: (x, filter, bias) =>
        tf.fused.depthwiseConv2d({
          x: x as Tensor4D,
          filter: filter as Tensor4D,
          bias: bias as Tensor,
          strides: 1,
          pad: "same",
          activation: "relu6",
        }),
    }),
  },
  {
    name: "Conv3D with its gradients",
    kernels: ["Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"],
    draw: (rng) => {
      const [inC, outC, stride] = [rng.int(1, 3), rng.int(1, 3), rng.int(1, 3)];
      const pad = rng.uniform() < 0.5 ? "same" : "valid";
      return {
        operands: [floats(rng, [1, 4, 5, 4, inC]), floats(rng, [2, 3, 2, inC, outC])],
        apply: (x, w) => tf.conv3d(x as never, w as never, stride, pad),
      };
    },
  },
  pooling(["AvgPool", "AvgPoolGrad"], (x, size, stride, pad) => tf.avgPool(x, size, stride, pad)),
  pooling(["MaxPool", "MaxPoolGrad"], (x, size, stride, pad) => tf.maxPool(x, size, stride, pad)),
  {
    name: "AvgPool3D and MaxPool3D with their gradients",
    kernels: ["AvgPool3D", "AvgPool3DGrad", "MaxPool3D", "MaxPool3DGrad"],
    draw: (rng) => {
      const x = distinctFloats(rng, [1, rng.int(3, 6), rng.int(3, 6), rng.int(3, 6), 2]);
      const pad = rng.uniform() < 0.5 ? "same" : "valid";
      return {
        operands: [x],
        apply: (t) => [tf.avgPool3d(t as never, 2, 2, pad), tf.maxPool3d(t as never, 2, 2, pad)],
      };
    },
  },
  {
    name: "ResizeBilinear with its gradient",
    kernels: ["ResizeBilinear", "ResizeBilinearGrad"],
    draw: (rng) => {
      const size: [number, number] = [rng.int(2, 9), rng.int(2, 9)];
      const mode = rng.int(0, 3);
      const square = rng.uniform() < 0.5;
      return {
        // tfjs's own gradient swaps the sides of images that are not square, and ignores half-pixel
        // centres: those are checked by finite differences instead.
        operands: [floats(rng, [2, 4, square ? 4 : 5, 2])],
        ...(mode === 2 || !square ? { differentiable: [] } : {}),
        apply: (x) => tf.image.resizeBilinear(x as Tensor4D, size, mode === 1, mode === 2),
      };
    },
  },
  {
    name: "ResizeNearestNeighbor",
    kernels: ["ResizeNearestNeighbor"],
    draw: (rng) => {
      const size: [number, number] = [rng.int(2, 9), rng.int(2, 9)];
      return {
        operands: [floats(rng, [2, rng.int(2, 6), rng.int(2, 6), 2])],
        // tfjs's own gradient loses border pixels: finite differences check ours.
        differentiable: [],
        apply: (x) => tf.image.resizeNearestNeighbor(x as Tensor4D, size, false),
      };
    },
  },
  {
    name: "GatherV2",
    kernels: ["GatherV2"],
    draw: (rng) => {
      const x = floats(rng, drawShape(rng, 1, 4));
      const axis = rng.int(0, x.shape.length);
      const indices = integers(rng, drawShape(rng, 1, 2), 0, x.shape[axis] ?? 1);
      return { operands: [x, indices], apply: (t, i) => tf.gather(t as Tensor, i as Tensor, axis) };
    },
  },
  {
    name: "GatherV2 with batches",
    kernels: ["GatherV2"],
    draw: (rng) => {
      const x = floats(rng, [rng.int(1, 4), rng.int(1, 4), rng.int(1, 4)]);
      const axis = rng.int(1, 3);
      const indices = integers(rng, [x.shape[0] ?? 1, rng.int(1, 4)], 0, x.shape[axis] ?? 1);
      return {
        operands: [x, indices],
        apply: (t, i) => tf.gather(t as Tensor, i as Tensor, axis, 1),
      };
    },
  },
  {
    name: "GatherNd",
    kernels: ["GatherNd"],
    draw: (rng) => ({
      operands: [floats(rng, [3, 4, 2]), integers(rng, [rng.int(1, 5), 2], 0, 3)],
      apply: (x, i) => tf.gatherND(x as Tensor, i as Tensor),
    }),
  },
  {
    name: "ScatterNd",
    kernels: ["ScatterNd"],
    draw: (rng) => {
      const count = rng.int(1, 6);
      return {
        operands: [integers(rng, [count, 2], 0, 3), floats(rng, [count, 2])],
        apply: (i, u) => tf.scatterND(i as never, u as Tensor, [3, 4, 2]),
      };
    },
  },
  {
    name: "TensorScatterUpdate",
    kernels: ["TensorScatterUpdate"],
    valueOnly: true,
    draw: (rng) => {
      const rows = rng.shuffle(Int32Array.of(0, 1, 2, 3)).slice(0, 3);
      return {
        operands: [
          floats(rng, [4, 2]),
          { dtype: "int32", shape: [3, 1], data: rows },
          floats(rng, [3, 2]),
        ],
        apply: (x, i, u) => tf.tensorScatterUpdate(x as Tensor, i as Tensor, u as Tensor),
      };
    },
  },
  {
    name: "SparseToDense",
    kernels: ["SparseToDense"],
    valueOnly: true,
    draw: (rng) => {
      const rows = rng.shuffle(Int32Array.of(0, 1, 2, 3, 4)).slice(0, 3);
      return {
        operands: [{ dtype: "int32", shape: [3], data: rows }, floats(rng, [3]), floats(rng, [])],
        apply: (i, v, d) => tf.sparseToDense(i as Tensor, v as Tensor, [5], d as never),
      };
    },
  },
  {
    name: "SearchSorted",
    kernels: ["SearchSorted"],
    valueOnly: true,
    draw: (rng) => {
      const sorted = integers(rng, [5], 0, 6).data.sort();
      return {
        operands: [
          hostTensor(Float32Array.from(sorted), [1, 5]),
          floats(rng, [1, rng.int(1, 6)], -1, 7),
        ],
        apply: (s, v) => [
          tf.lowerBound(s as Tensor, tf.round(v as Tensor)),
          tf.upperBound(s as Tensor, tf.round(v as Tensor)),
        ],
      };
    },
  },
  {
    name: "FlipLeftRight",
    kernels: ["FlipLeftRight"],
    valueOnly: true,
    draw: (rng) => ({
      operands: [floats(rng, [2, 3, rng.int(1, 5), 2])],
      apply: (x) => tf.image.flipLeftRight(x as Tensor4D),
    }),
  },
  {
    name: "UnsortedSegmentSum",
    kernels: ["UnsortedSegmentSum"],
    draw: (rng) => {
      const x = floats(rng, drawShape(rng, 1, 3));
      // Ids outside 0 … 4 are dropped.
      const ids = integers(rng, [x.shape[0] ?? 1], -1, 7);
      // tfjs's gradient gathers past the end; only ids inside the range are differentiated.
      const differentiable = [...ids.data].every((id) => id >= 0 && id < 5) ? [0] : [];
      return {
        operands: [x, ids],
        differentiable,
        apply: (t, i) => tf.unsortedSegmentSum(t as Tensor, i as never, 5),
      };
    },
  },
  {
    name: "Bincount and DenseBincount",
    kernels: ["Bincount", "DenseBincount"],
    valueOnly: true,
    draw: (rng) => {
      const [rows, columns] = [rng.int(1, 4), rng.int(1, 6)];
      return {
        operands: [
          integers(rng, [columns], 0, 7),
          floats(rng, [columns]),
          integers(rng, [rows, columns], 0, 7),
          floats(rng, [rows, columns]),
        ],
        apply: (x, w, m, v) => [
          tf.bincount(x as never, w as never, 5),
          tf.denseBincount(m as never, v as never, 5),
          tf.denseBincount(m as never, v as never, 5, true),
        ],
      };
    },
  },
];
