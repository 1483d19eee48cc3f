import { float, text } from "../graph/attributes.ts";
import { binary, cast, unary } from "../graph/elementwise.ts";
import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { matMul } from "../graph/matMul.ts";
import { tf } from "../tf.ts";
import type { KernelCall, KernelTable } from "../trace/KernelCall.ts";

/** Matrix products, einsum and normalisation. */
export const productKernels: KernelTable = {
  BatchMatMul: (call) =>
    matMul(call.graph, call.input("a"), call.input("b"), {
      transposeA: call.flag("transposeA"),
      transposeB: call.flag("transposeB"),
    }),
  _FusedMatMul: (call) => {
    const { graph } = call;
    const product = matMul(graph, call.input("a"), call.input("b"), {
      transposeA: call.flag("transposeA"),
      transposeB: call.flag("transposeB"),
    });
    const bias = call.optional("bias");
    const sum = bias === undefined ? product : binary(graph, "Add", product, bias);
    return activate(call, sum);
  },
  Einsum: (call) => {
    const equation = call.text("equation");
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(
      equation,
      call.operands.length,
    );
    const sizes = new Map<number, number>();
    call.operands.forEach((operand, i) => {
      idDims[i]?.forEach((id, axis) => void sizes.set(id, operand.shape[axis] ?? 1));
    });
    const kept = allDims.map((_, id) => id).filter((id) => !summedDims.includes(id));
    const shape = kept.map((id) => sizes.get(id) ?? 1);
    return call.graph.node(
      "Einsum",
      call.operands,
      { shape, type: "float32" },
      {
        equation: text(equation.replaceAll(/\s/g, "")),
      },
    );
  },
  FusedBatchNorm: (call) => {
    const { graph } = call;
    const x = call.input("x");
    const epsilon = graph.splat(call.number("varianceEpsilon"), [], "float32");
    const deviation = unary(graph, "Sqrt", binary(graph, "Add", call.input("variance"), epsilon));
    const normal = binary(graph, "Div", binary(graph, "Sub", x, call.input("mean")), deviation);
    const scale = call.optional("scale");
    const scaled = scale === undefined ? normal : binary(graph, "Mul", normal, scale);
    const offset = call.optional("offset");
    return offset === undefined ? scaled : binary(graph, "Add", scaled, offset);
  },
};

/** Applies the activation that tfjs fused into a product or convolution. */
export function activate(call: KernelCall, x: GraphValue): GraphValue {
  const { graph } = call;
  const activation = call.text("activation", "linear");
  switch (activation) {
    case "linear":
      return x;
    case "relu":
      return unary(graph, "Relu", x);
    case "relu6":
      return graph.node(
        "Clip",
        [x, graph.splat(0, [], "float32"), graph.splat(6, [], "float32")],
        x,
      );
    case "elu":
      return unary(graph, "Elu", x);
    case "sigmoid":
      return unary(graph, "Sigmoid", x);
    case "leakyrelu":
      return graph.node("LeakyRelu", [x], x, { alpha: float(call.number("leakyreluAlpha", 0.2)) });
    case "prelu":
      return preluOf(graph, x, call.input("preluActivationWeights"));
    default:
      throw new RangeError(`${call.kernel}: expected a known activation, got ${activation}`);
  }
}

function preluOf(graph: GraphBuilder, x: GraphValue, slope: GraphValue): GraphValue {
  const zero = graph.splat(0, [], "float32");
  const negative = binary(
    graph,
    "Mul",
    cast(graph, slope, "float32"),
    binary(graph, "Min", x, zero),
  );
  return binary(graph, "Add", binary(graph, "Max", x, zero), negative);
}
