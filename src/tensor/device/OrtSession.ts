import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";

import { DeviceError, ShapeError } from "../../errors.ts";
import { createData, type TensorData } from "../HostTensor.ts";
import { sizeOfShape, type TensorSpec } from "../TensorSpec.ts";

/** ONNX Runtime's tensor: a typed array with a shape, or a buffer on a device. */
export { OrtTensor };

/** How a session is opened. */
export interface OrtSessionOptions {
  readonly provider: "cpu" | "webgpu" | "cuda";
  /** Threads inside one operation; 1 leaves the other cores to the rest of the process. */
  readonly threads: number;
  /** Where the outputs should stay; "gpu-buffer" keeps them on the device. */
  readonly outputLocation?: "cpu" | "gpu-buffer";
  /** Off only to look for faults of the optimiser. */
  readonly optimize?: boolean;
}

/** Opens an ONNX model. Session creation is synchronous native work: milliseconds to seconds. */
export async function openOrtSession(
  where: string,
  model: Uint8Array,
  { provider, threads, outputLocation, optimize = true }: OrtSessionOptions,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      logSeverityLevel: 3,
      graphOptimizationLevel: optimize ? "all" : "disabled",
      ...(outputLocation === undefined ? {} : { preferredOutputLocation: outputLocation }),
    });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceError(
      where,
      `expected the ${provider} device to open the program, got: ${problem}`,
      { cause },
    );
  }
}

/** Wraps elements for a session without a copy. */
export function toOrtTensor(data: TensorData, { dtype, shape }: TensorSpec): OrtTensor {
  return new OrtTensor(dtype, data, shape);
}

/** The elements of a tensor that lives in memory the CPU can read. */
export function fromOrtTensor(where: string, tensor: OrtTensor): TensorData {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array)
    return data;
  throw new ShapeError(where, `expected float32, int32 or bool elements, got ${tensor.type}`);
}

/** The elements of a tensor wherever it lives; downloads from the device when it must. */
export async function downloadOrtTensor(where: string, tensor: OrtTensor): Promise<TensorData> {
  if (tensor.location === "cpu" || tensor.location === "cpu-pinned")
    return fromOrtTensor(where, tensor);
  const data = await tensor.getData();
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array)
    return data;
  throw new ShapeError(where, `expected float32, int32 or bool elements, got ${tensor.type}`);
}

/** An empty tensor never reaches the runtime; its elements are made here. */
export function isEmptySpec(spec: TensorSpec): boolean {
  return sizeOfShape(spec.shape) === 0;
}

/** Fresh zeroed elements for a spec. */
export function emptyData(spec: TensorSpec): TensorData {
  return createData(spec.dtype, spec.shape);
}
