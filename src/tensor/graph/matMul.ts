import { sizeOfShape } from "../TensorSpec.ts";
import { tf } from "../tf.ts";
import { float, int } from "./attributes.ts";
import type { GraphBuilder } from "./GraphBuilder.ts";
import type { GraphValue } from "./GraphValue.ts";
import { dim, reshape, transpose, transposePerm } from "./layout.ts";

/** Operator domain of ONNX Runtime's own operations, present in every build of it. */
export const ORT_DOMAIN = "com.microsoft";

/** Whether either operand of a product is read transposed in its last two axes. */
export interface MatMulOptions {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * Matrix product over the last two axes, batch axes broadcast: [..., M, K] · [..., K, N].
 *
 * Two-dimensional products become `Gemm`, which reads either operand transposed at no cost. A batch
 * times one shared matrix is one large two-dimensional product. Transposes of the operands that only
 * swap their last two axes are absorbed.
 */
export function matMul(
  g: GraphBuilder,
  a: GraphValue,
  b: GraphValue,
  { transposeA, transposeB }: MatMulOptions,
): GraphValue {
  const [left, swapA] = absorbTranspose(a, transposeA);
  const [right, swapB] = absorbTranspose(b, transposeB);
  const [m, k] = swapA ? [dim(left, -1), dim(left, -2)] : [dim(left, -2), dim(left, -1)];
  const n = swapB ? dim(right, -2) : dim(right, -1);
  const batch = tf.backend_util.assertAndGetBroadcastShape(
    left.shape.slice(0, -2),
    right.shape.slice(0, -2),
  );
  const shape = [...batch, m, n];
  if (sizeOfShape(shape) === 0 || k === 0) return g.splat(0, shape, "float32");

  const batchA = sizeOfShape(left.shape.slice(0, -2));
  const batchB = sizeOfShape(right.shape.slice(0, -2));
  if (batchA === 1 && batchB === 1) return reshape(g, gemm(g, left, right, swapA, swapB), shape);
  if (batchB === 1 && !swapA) {
    const rows = reshape(g, left, [batchA * m, k]);
    return reshape(g, gemm(g, rows, right, false, swapB), shape);
  }
  if (!swapA && !swapB) return g.node("MatMul", [left, right], { shape, type: "float32" });
  const attributes = {
    transA: int(swapA ? 1 : 0),
    transB: int(swapB ? 1 : 0),
    alpha: float(1),
  };
  if (!g.allowsOrtOps) {
    const plain = [swapA ? swapLastTwo(g, left) : left, swapB ? swapLastTwo(g, right) : right];
    return g.node("MatMul", plain, { shape, type: "float32" });
  }
  const operands = [left, right].map((operand) => {
    const missing = Math.max(0, shape.length - operand.shape.length);
    return reshape(g, operand, [...Array.from({ length: missing }, () => 1), ...operand.shape]);
  });
  return g.node("FusedMatMul", operands, { shape, type: "float32" }, attributes, ORT_DOMAIN);
}

function swapLastTwo(g: GraphBuilder, x: GraphValue): GraphValue {
  const rank = x.shape.length;
  const axes = x.shape.map((_, axis) => axis);
  return transpose(g, x, [...axes.slice(0, rank - 2), rank - 1, rank - 2]);
}

function gemm(
  g: GraphBuilder,
  a: GraphValue,
  b: GraphValue,
  transposeA: boolean,
  transposeB: boolean,
): GraphValue {
  const left = flatten(g, a);
  const right = flatten(g, b);
  const shape = [dim(left, transposeA ? 1 : 0), dim(right, transposeB ? 0 : 1)];
  return g.node(
    "Gemm",
    [left, right],
    { shape, type: "float32" },
    {
      transA: int(transposeA ? 1 : 0),
      transB: int(transposeB ? 1 : 0),
    },
  );
}

function flatten(g: GraphBuilder, x: GraphValue): GraphValue {
  return reshape(g, x, [dim(x, -2), dim(x, -1)]);
}

/** Reads through a Transpose that only swaps the last two axes. */
function absorbTranspose(x: GraphValue, swap: boolean): [GraphValue, boolean] {
  const perm = transposePerm(x);
  const source = x.node?.inputs[0];
  const rank = x.shape.length;
  if (perm === undefined || source === undefined || rank < 2) return [x, swap];
  const swapsLastTwo = perm.every((axis, position) => {
    if (position === rank - 1) return axis === rank - 2;
    if (position === rank - 2) return axis === rank - 1;
    return axis === position;
  });
  return swapsLastTwo ? [source, !swap] : [x, swap];
}
