import { env, InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";

import { ShapeError } from "../../errors.ts";
import { createData, type TensorData } from "../HostTensor.ts";
import { sizeOfShape, type TensorSpec } from "../TensorSpec.ts";
import { explainOpenFailure } from "./explainOpenFailure.ts";
import { refuseTelemetry } from "./refuseTelemetry.ts";

// ORT's own log goes to stderr past every logger; what matters comes back as an error anyway.
env.logLevel = "fatal";

/** ONNX Runtime's tensor: a typed array with a shape, or a buffer on a device. */
export { OrtTensor };

/** How a session is opened. */
export interface OrtSessionOptions {
  readonly provider: "cpu" | "webgpu" | "cuda";
  /** Threads inside one operation; 1 leaves the other cores to the rest of the process. */
  readonly threads: number;
  /** Outputs, by graph name, that stay in the device's memory. */
  readonly residentOutputs?: readonly string[];
  /** Off only to look for faults of the optimiser. */
  readonly optimize?: boolean;
}

/** Opens an ONNX model. Session creation is synchronous native work: milliseconds to seconds. */
export async function openOrtSession(
  where: string,
  model: Uint8Array,
  { provider, threads, residentOutputs = [], optimize = true }: OrtSessionOptions,
): Promise<InferenceSession> {
  refuseTelemetry();
  try {
    return await InferenceSession.create(model, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      logSeverityLevel: 3,
      graphOptimizationLevel: optimize ? "all" : "disabled",
      ...(residentOutputs.length === 0
        ? {}
        : {
            preferredOutputLocation: Object.fromEntries(
              residentOutputs.map((name): [string, "gpu-buffer"] => [name, "gpu-buffer"]),
            ),
          }),
    });
  } catch (cause) {
    throw explainOpenFailure(where, provider, cause);
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

/** An empty tensor never reaches the runtime; its elements are made here. */
export function isEmptySpec(spec: TensorSpec): boolean {
  return sizeOfShape(spec.shape) === 0;
}

/** Fresh zeroed elements for a spec. */
export function emptyData(spec: TensorSpec): TensorData {
  return createData(spec.dtype, spec.shape);
}
