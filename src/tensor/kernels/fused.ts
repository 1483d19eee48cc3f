import { float, int, text } from "../graph/attributes.ts";
import type { KernelTable } from "../trace/KernelCall.ts";

/** Kernels of our own that tfjs does not have: whole layers that ONNX has as one node. */
export const fusedKernels: KernelTable = {
  SensoriumGelu: (call) => {
    const x = call.input("x");
    return call.graph.node("Gelu", [x], x, { approximate: text("tanh") });
  },
  SensoriumLayerNorm: (call) => {
    const x = call.input("x");
    const column = { shape: [...x.shape.slice(0, -1), 1], type: "float32" } as const;
    return call.graph.nodes(
      "LayerNormalization",
      [x, call.input("gain"), call.input("bias")],
      [x, column, column],
      { axis: int(-1), epsilon: float(call.number("epsilon")) },
    );
  },
};
