import type { Tensor, Tensor4D } from "@tensorflow/tfjs";

import { type GradientRule, numbersOf, savedAt, sumToShape, type Tfjs } from "./GradientRule.ts";

/**
 * Gradients of products that tfjs 4.22 gets wrong (BatchMatMul with broadcast batches, AvgPool at
 * padded borders) or lacks (Conv2D with dilation, Einsum).
 */
export const productRules: readonly GradientRule[] = [
  {
    kernel: "BatchMatMul",
    saves: ["a", "b"],
    gradient: ({ tf, dy, saved, attributes }) => {
      const [a, b] = [savedAt(saved, 0), savedAt(saved, 1)];
      const isA = attributes["transposeA"] === true;
      const isB = attributes["transposeB"] === true;
      return {
        a: () =>
          sumToShape(
            tf,
            isA ? tf.matMul(b, dy, isB, true) : tf.matMul(dy, b, false, !isB),
            a.shape,
          ),
        b: () =>
          sumToShape(
            tf,
            isB ? tf.matMul(dy, a, true, isA) : tf.matMul(a, dy, !isA, false),
            b.shape,
          ),
      };
    },
  },
  {
    kernel: "Einsum",
    saves: [],
    savesAll: true,
    gradient: ({ tf, dy, saved, attributes }) => {
      const equation = String(attributes["equation"]).replaceAll(/\s/g, "");
      return Object.fromEntries(
        saved.map((_, i) => [String(i), () => einsumGradient(tf, dy, saved, i, equation)]),
      );
    },
  },
  {
    kernel: "AvgPool",
    saves: ["x"],
    gradient: ({ tf, dy, saved, attributes }) => {
      const x = savedAt(saved, 0);
      return { x: () => averagePoolGradient(tf, "AvgPoolGrad", dy, x, attributes) };
    },
  },
  {
    kernel: "AvgPool3D",
    saves: ["x"],
    gradient: ({ tf, dy, saved, attributes }) => {
      const x = savedAt(saved, 0);
      return { x: () => averagePoolGradient(tf, "AvgPool3DGrad", dy, x, attributes) };
    },
  },
  {
    kernel: "Conv2D",
    saves: ["x", "filter"],
    gradient: ({ tf, dy, saved, attributes }) => {
      const [x, filter] = [savedAt(saved, 0), savedAt(saved, 1)];
      const inputAttributes = { ...attributes, inputShape: x.shape };
      const filterAttributes = { ...attributes, filterShape: filter.shape };
      if (numbersOf(attributes["dilations"]).some((dilation) => dilation !== 1))
        return dilatedGradient(tf, dy as Tensor4D, x as Tensor4D, filter as Tensor4D, attributes);
      return {
        x: () =>
          tf.engine().runKernel("Conv2DBackpropInput", { dy, filter }, inputAttributes as never),
        filter: () =>
          tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, filterAttributes as never),
      };
    },
  },
];

/**
 * The gradient of one operand is the einsum of dy with the other operands, read out with that
 * operand's letters; letters that nothing else has were summed away and are repeated.
 */
function einsumGradient(
  tf: Tfjs,
  dy: Tensor,
  operands: readonly Tensor[],
  index: number,
  equation: string,
): Tensor {
  const [left = "", output = ""] = equation.split("->");
  const terms = left.split(",");
  const own = terms[index] ?? "";
  const others = terms.flatMap((term, i) =>
    i === index ? [] : [{ term, tensor: savedAt(operands, i) }],
  );
  const known = new Set([output, ...others.map(({ term }) => term)].join(""));
  const reachable = [...own].filter((letter) => known.has(letter)).join("");
  const product = tf.einsum(
    `${[output, ...others.map(({ term }) => term)].join(",")}->${reachable}`,
    dy,
    ...others.map(({ tensor }) => tensor),
  );
  const shape = savedAt(operands, index).shape;
  const kept = [...own].map((letter, axis) => (known.has(letter) ? (shape[axis] ?? 1) : 1));
  return tf.broadcastTo(tf.reshape(product, kept), shape as never);
}

/**
 * tfjs divides every dy by the full window. At padded borders the forward pass divided by the inputs
 * really covered: the ratio of the two is applied first.
 */
function averagePoolGradient(
  tf: Tfjs,
  kernel: "AvgPoolGrad" | "AvgPool3DGrad",
  dy: Tensor,
  x: Tensor,
  attributes: { readonly [name: string]: unknown },
): Tensor {
  const window = windowOf(tf, kernel, x, attributes);
  const ratios = window.map(({ out, size, stride, before, length }, axis) => {
    const values = Array.from({ length: out }, (_, i) => {
      const from = Math.max(0, i * stride - before);
      const to = Math.min(i * stride - before + size, length);
      return size / Math.max(1, to - from);
    });
    const shape = dy.shape.map((_, at) => (at === axis + 1 ? out : 1));
    return tf.tensor(Float32Array.from(values), shape);
  });
  const scaled = ratios.reduce((gradient: Tensor, ratio) => tf.mul(gradient, ratio), dy);
  return tf.engine().runKernel(kernel, { dy: scaled, input: x }, attributes as never);
}

/** Pooling along one spatial axis. */
interface PoolWindow {
  readonly out: number;
  readonly size: number;
  readonly stride: number;
  readonly before: number;
  readonly length: number;
}

function windowOf(
  tf: Tfjs,
  kernel: "AvgPoolGrad" | "AvgPool3DGrad",
  x: Tensor,
  { filterSize, strides, pad, dimRoundingMode }: { readonly [name: string]: unknown },
): readonly PoolWindow[] {
  const options = [x.shape, filterSize, strides, 1, pad, dimRoundingMode] as unknown[];
  if (kernel === "AvgPoolGrad") {
    const info = tf.backend_util.computePool2DInfo(
      ...(options as Parameters<typeof tf.backend_util.computePool2DInfo>),
    );
    return [
      {
        out: info.outHeight,
        size: info.filterHeight,
        stride: info.strideHeight,
        before: info.padInfo.top,
        length: info.inHeight,
      },
      {
        out: info.outWidth,
        size: info.filterWidth,
        stride: info.strideWidth,
        before: info.padInfo.left,
        length: info.inWidth,
      },
    ];
  }
  const info = tf.backend_util.computePool3DInfo(
    ...(options as Parameters<typeof tf.backend_util.computePool3DInfo>),
  );
  return [
    {
      out: info.outDepth,
      size: info.filterDepth,
      stride: info.strideDepth,
      before: info.padInfo.front,
      length: info.inDepth,
    },
    {
      out: info.outHeight,
      size: info.filterHeight,
      stride: info.strideHeight,
      before: info.padInfo.top,
      length: info.inHeight,
    },
    {
      out: info.outWidth,
      size: info.filterWidth,
      stride: info.strideWidth,
      before: info.padInfo.left,
      length: info.inWidth,
    },
  ];
}

/**
 * Gradients of a dilated convolution (tfjs allows only stride 1 there), tap by tap: each tap of the
 * filter is a matrix product with a shifted view of the input.
 */
function dilatedGradient(
  tf: Tfjs,
  dy: Tensor4D,
  x: Tensor4D,
  filter: Tensor4D,
  attributes: { readonly [name: string]: unknown },
): { readonly x: () => Tensor; readonly filter: () => Tensor } {
  if (attributes["dataFormat"] !== "NHWC")
    throw new RangeError("Conv2D gradient: expected NHWC with dilation, got NCHW");
  const [dilationH = 1, dilationW = dilationH] = numbersOf(attributes["dilations"]);
  const { padInfo } = tf.backend_util.computeConv2DInfo(
    x.shape,
    filter.shape,
    1,
    [dilationH, dilationW],
    attributes["pad"] as "same",
  );
  const [kernelH, kernelW, inC, outC] = filter.shape;
  const [batch, outH, outW] = dy.shape;
  const [, inH, inW] = x.shape;
  const rows = batch * outH * outW;
  const paddedH = inH + padInfo.top + padInfo.bottom;
  const paddedW = inW + padInfo.left + padInfo.right;
  const taps = Array.from({ length: kernelH * kernelW }, (_, tap) => ({
    tap,
    top: Math.floor(tap / kernelW) * dilationH,
    left: (tap % kernelW) * dilationW,
  }));
  const flatDy = () => tf.reshape(dy, [rows, outC]);
  return {
    x: () => {
      const weights = tf.reshape(filter, [kernelH * kernelW, inC, outC]);
      const parts = taps.map(({ tap, top, left }) => {
        const weight = tf.reshape(tf.slice(weights, [tap, 0, 0], [1, inC, outC]), [inC, outC]);
        const spread = tf.reshape(tf.matMul(flatDy(), weight, false, true), [
          batch,
          outH,
          outW,
          inC,
        ]);
        return tf.pad(spread, [
          [0, 0],
          [top, paddedH - outH - top],
          [left, paddedW - outW - left],
          [0, 0],
        ]);
      });
      return tf.slice(tf.addN(parts), [0, padInfo.top, padInfo.left, 0], [batch, inH, inW, inC]);
    },
    filter: () => {
      const padded = tf.pad(x, [
        [0, 0],
        [padInfo.top, padInfo.bottom],
        [padInfo.left, padInfo.right],
        [0, 0],
      ]);
      const parts = taps.map(({ top, left }) => {
        const view = tf.slice(padded, [0, top, left, 0], [batch, outH, outW, inC]);
        return tf.matMul(tf.reshape(view, [rows, inC]), flatDy(), true, false);
      });
      return tf.reshape(tf.stack(parts), filter.shape);
    },
  };
}
