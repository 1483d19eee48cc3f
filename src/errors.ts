/**
 * Every error this project throws.
 *
 * Each has a `code` to act on, its facts as fields, and a message of the form
 * `where: what was expected, got what came`. Missing data is never an error: it is a member of a union.
 */

/** What all our errors share. Catch this one to tell our failures from somebody else's bugs. */
export abstract class SensoriumError extends Error {
  /** Stable identifier of the kind of failure, for programs. */
  abstract readonly code: string;
  /** The function, file or component that refused. */
  readonly where: string;

  constructor(where: string, problem: string, options?: ErrorOptions) {
    super(`${where}: ${problem}`, options);
    this.name = new.target.name;
    this.where = where;
  }
}

/** An option or argument was out of its range. Thrown at construction or call, never mid-stream. */
export class ConfigError extends SensoriumError {
  readonly code = "SENSORIUM_CONFIG";
}

/** A tensor, array or stream payload had another shape or dtype than the one declared. */
export class ShapeError extends SensoriumError {
  readonly code = "SENSORIUM_SHAPE";
}

/** Why a message from the network was refused; each is a counter on the dashboard. */
export type WireReason =
  | "parts"
  | "topic"
  | "header"
  | "version"
  | "stream"
  | "dtype"
  | "shape"
  | "times"
  | "payload"
  | "size"
  | "unknown-stream";

/** Bytes from the network that are not a message of ours. The inlet counts it and goes on. */
export class WireError extends SensoriumError {
  readonly code = "SENSORIUM_WIRE";
  /** Which rule the message broke. */
  readonly reason: WireReason;

  constructor(where: string, reason: WireReason, problem: string, options?: ErrorOptions) {
    super(where, problem, options);
    this.reason = reason;
  }
}

/** A log or recording could not be read or written. */
export class LogError extends SensoriumError {
  readonly code = "SENSORIUM_LOG";
}

/** A program read a tensor's value, or did something else impossible, while it was being traced. */
export class TraceError extends SensoriumError {
  readonly code = "SENSORIUM_TRACE";
}

/** A program used a TensorFlow.js kernel that has no mapping to ONNX. */
export class UnsupportedKernelError extends SensoriumError {
  readonly code = "SENSORIUM_UNSUPPORTED_KERNEL";
  /** TensorFlow.js's name of the kernel. */
  readonly kernel: string;

  constructor(where: string, kernel: string, options?: ErrorOptions) {
    super(where, `expected a kernel in docs/tensor.md, got ${kernel}`, options);
    this.kernel = kernel;
  }
}

/** A compute device could not be opened or failed while running. */
export class DeviceError extends SensoriumError {
  readonly code = "SENSORIUM_DEVICE";
}

/** Weights, a data set or a model file is absent or not what the model needs. */
export class ModelError extends SensoriumError {
  readonly code = "SENSORIUM_MODEL";
}

/** A sensor could not be started, or stopped by itself. */
export class SensorError extends SensoriumError {
  readonly code = "SENSORIUM_SENSOR";
}
