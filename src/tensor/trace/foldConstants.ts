import type { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import type { TensorData } from "../HostTensor.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import { type TensorInfo, tf } from "../tf.ts";

/** Above this many elements of operands or result, ORT folds at session creation, or at run time. */
const LARGEST_FOLD = 16_384;

/** Kernels that make large results of small operands, or are cheaper as splats. */
const neverFolded = new Set([
  "Fill",
  "ZerosLike",
  "OnesLike",
  "Tile",
  "BroadcastTo",
  "Identity",
  "Reshape",
]);

/**
 * Computes a kernel whose operands are all small constants with tfjs's own CPU backend, at trace
 * time. Gives nothing when an operand depends on an input.
 */
export function foldConstants(
  graph: GraphBuilder,
  kernel: string,
  operands: ReadonlyMap<string, GraphValue>,
  attributes: { readonly [name: string]: unknown },
): readonly GraphValue[] | GraphValue | undefined {
  if (operands.size === 0 || neverFolded.has(kernel)) return undefined;
  let total = 0;
  for (const value of operands.values()) {
    if (value.constant === undefined || value.type === "int64") return undefined;
    total += sizeOfShape(value.shape);
  }
  if (total > LARGEST_FOLD || total === 0) return undefined;
  const config = tf.getKernel(kernel, "cpu");
  const backend = tf.findBackend("cpu");
  if (config === undefined || !(backend instanceof tf.MathBackendCPU)) return undefined;

  const made: TensorInfo[] = [];
  const inputs: Record<string, TensorInfo> = {};
  for (const [name, value] of operands) {
    if (value.type === "int64") return undefined;
    const info = backend.makeTensorInfo([...value.shape], value.type, dataOf(value));
    inputs[name] = info;
    made.push(info);
  }
  const operandList = isPositional(operands) ? Object.values(inputs) : inputs;
  const result = config.kernelFunc({
    inputs: operandList as Record<string, TensorInfo>,
    backend,
    attrs: attributes as Record<string, string>,
  });
  const results = Array.isArray(result) ? result : [result];
  const values = results.map((info) => toConstant(graph, backend.readSync(info.dataId), info));
  // Identity-like kernels hand their operand back: dispose by distinct data, by force.
  for (const dataId of new Set([...made, ...results].map((info) => info.dataId)))
    backend.disposeData(dataId, true);
  if (values.some((value) => value === undefined)) return undefined;
  const constants = values.filter((value) => value !== undefined);
  return Array.isArray(result) ? constants : constants[0];
}

function isPositional(operands: ReadonlyMap<string, GraphValue>): boolean {
  return operands.has("0");
}

function dataOf(value: GraphValue): TensorData {
  const { constant, type } = value;
  const size = sizeOfShape(value.shape);
  if (constant?.kind === "dense" && !(constant.data instanceof BigInt64Array)) return constant.data;
  const element = constant?.kind === "splat" ? constant.value : 0;
  if (type === "float32") return new Float32Array(size).fill(element);
  return type === "int32" ? new Int32Array(size).fill(element) : new Uint8Array(size).fill(element);
}

function toConstant(
  graph: GraphBuilder,
  values: unknown,
  info: TensorInfo,
): GraphValue | undefined {
  if (!ArrayBuffer.isView(values) && !Array.isArray(values)) return undefined;
  const numbers = values as ArrayLike<number>;
  const shape = info.shape;
  if (numbers.length !== sizeOfShape(shape)) return undefined;
  if (info.dtype === "float32") return graph.constant(Float32Array.from(numbers), shape);
  if (info.dtype === "int32") return graph.constant(Int32Array.from(numbers), shape);
  if (info.dtype === "bool") return graph.constant(Uint8Array.from(numbers, Number), shape);
  return undefined;
}
