import { SensoriumError, TraceError, UnsupportedKernelError } from "../../errors.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import { kernelTable } from "../kernels/kernelTable.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import { type TensorInfo, tf } from "../tf.ts";
import { foldConstants } from "./foldConstants.ts";
import { createKernelCall } from "./KernelCall.ts";
import { TRACE_BACKEND, TraceBackend } from "./TraceBackend.ts";

let backend: TraceBackend | undefined;

/**
 * The recording backend, registered with tfjs on first use together with a kernel for every name
 * tfjs knows: the mapped ones record nodes, the others say that they are missing.
 */
export function traceBackend(): TraceBackend {
  if (backend !== undefined) return backend;
  const created = new TraceBackend();
  // Priority 0: tfjs must never choose it by itself.
  tf.registerBackend(TRACE_BACKEND, () => created, 0);
  for (const kernelName of allKernelNames())
    tf.registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs }) => record(created, kernelName, inputs, attrs ?? {}),
    });
  backend = created;
  return created;
}

/** Names of all kernels that tfjs can ask a backend for, and of our own. */
export function allKernelNames(): readonly string[] {
  const names = new Set(Object.keys(kernelTable));
  // tfjs exports a constant for each of its kernels, called like the kernel.
  for (const [name, value] of Object.entries(tf)) if (name === value) names.add(name);
  for (const { kernelName } of tf.getKernelsForBackend("cpu")) names.add(kernelName);
  return [...names].sort();
}

function record(
  trace: TraceBackend,
  kernel: string,
  inputs: object,
  attributes: { readonly [name: string]: unknown },
): TensorInfo | TensorInfo[] {
  trace.enter(kernel);
  const operands = new Map<string, GraphValue>();
  for (const [name, info] of Object.entries(inputs) as [string, TensorInfo | undefined | null][])
    if (info !== undefined && info !== null) operands.set(name, trace.graphValueOf(info));

  const folded = foldConstants(trace.builder, kernel, operands, attributes);
  if (folded !== undefined) return infosOf(trace, folded);

  const mapping = kernelTable[kernel];
  if (mapping === undefined) throw new UnsupportedKernelError(trace.program, kernel);
  try {
    return infosOf(
      trace,
      mapping(createKernelCall(trace.program, kernel, trace.builder, operands, attributes)),
    );
  } catch (cause) {
    if (cause instanceof SensoriumError) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new TraceError(trace.program, `${kernel} could not be traced: ${problem}`, { cause });
  }
}

function infosOf(
  trace: TraceBackend,
  result: GraphValue | readonly GraphValue[],
): TensorInfo | TensorInfo[] {
  if (Array.isArray(result)) return result.map((value: GraphValue) => infoOf(trace, value));
  return infoOf(trace, result as GraphValue);
}

// What has no elements needs no node: ORT's kernels differ in how they take empty operands.
function infoOf(trace: TraceBackend, value: GraphValue): TensorInfo {
  const isEmpty = sizeOfShape(value.shape) === 0 && value.node !== undefined;
  return trace.tensorInfo(isEmpty ? trace.builder.splat(0, value.shape, value.type) : value);
}
