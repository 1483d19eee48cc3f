import type { TensorData } from "../HostTensor.ts";

/** Element types inside a graph; int64 occurs only for ONNX's own shape and axis operands. */
export type GraphType = "float32" | "int32" | "bool" | "int64";

/** An attribute of an ONNX node. Integers and floats are told apart by the wrapper, not by value. */
export type GraphAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "string"; readonly value: string };

/** Attributes of a node by ONNX name. */
export type GraphAttributes = { readonly [name: string]: GraphAttribute };

/** One ONNX operation. */
export interface GraphNode {
  readonly op: string;
  /** Operator domain; "" is ONNX's own. */
  readonly domain: string;
  readonly inputs: readonly GraphValue[];
  readonly attributes: GraphAttributes;
  readonly outputs: readonly GraphValue[];
}

/**
 * Elements of a constant. A splat stands for any shape filled with one number, so that `tf.ones` of
 * a million elements costs nothing and folds like a scalar.
 */
export type GraphConstant =
  | { readonly kind: "dense"; readonly data: TensorData | BigInt64Array }
  | { readonly kind: "splat"; readonly value: number };

/** One tensor of a graph: an input, a constant, or an output of a node. Shapes are static. */
export interface GraphValue {
  /** Name in the file; the producer of an output takes the output's name when the trace ends. */
  name: string;
  readonly shape: readonly number[];
  readonly type: GraphType;
  /** The node that computes it; absent for inputs and constants. */
  node?: GraphNode;
  /** Its elements, when they are known while tracing. */
  readonly constant?: GraphConstant;
}

/** The number a value is filled with, when it is a constant of equal elements. */
export function splatOf(value: GraphValue): number | undefined {
  return value.constant?.kind === "splat" ? value.constant.value : undefined;
}
