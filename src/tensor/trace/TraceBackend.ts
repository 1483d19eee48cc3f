import { TraceError } from "../../errors.ts";
import { GraphBuilder } from "../graph/GraphBuilder.ts";
import type { GraphValue } from "../graph/GraphValue.ts";
import type { TensorData } from "../HostTensor.ts";
import { sizeOfShape } from "../TensorSpec.ts";
import { type DataType, type TensorInfo, tf } from "../tf.ts";

/** Name under which the recording backend and its kernels are registered with tfjs. */
export const TRACE_BACKEND = "sensorium-trace";

/** Whether tfjs is recording just now: fused kernels of our own exist only then. */
export function isTracing(): boolean {
  return tf.getBackend() === TRACE_BACKEND;
}

interface Entry {
  readonly value: GraphValue;
  refCount: number;
}

/**
 * A tfjs backend that computes nothing: its data are values of an ONNX graph.
 *
 * tfjs's engine, its gradients included, runs on it without knowing. Each trace starts a new graph
 * with `begin`; outside a trace every use throws.
 */
export class TraceBackend extends tf.KernelBackend {
  readonly #entries = new Map<object, Entry>();
  #builder: GraphBuilder | undefined;
  #program = "";
  readonly #kernels = new Set<string>();
  #kernel = "";

  /** Starts recording into a new graph. */
  begin(program: string, options: { readonly allowsOrtOps?: boolean } = {}): GraphBuilder {
    this.#program = program;
    this.#builder = new GraphBuilder(options);
    return this.#builder;
  }

  /** Stops recording and forgets every value, also those that a body leaked. */
  end(): void {
    this.#builder = undefined;
    this.#entries.clear();
    this.#kernels.clear();
  }

  /** Notes the kernel being recorded, for error messages and counts. */
  enter(kernel: string): void {
    this.#kernel = kernel;
    this.#kernels.add(kernel);
  }

  /** Every kernel that the program has asked for so far. */
  get kernels(): ReadonlySet<string> {
    return this.#kernels;
  }

  /** Name of the program being traced. */
  get program(): string {
    return this.#program;
  }

  /** The graph being recorded. */
  get builder(): GraphBuilder {
    if (this.#builder === undefined)
      throw new TraceError(
        "TraceBackend",
        "expected a trace under way, got a tensor kept after its trace ended",
      );
    return this.#builder;
  }

  /** The graph value behind a tensor. */
  graphValueOf(info: TensorInfo): GraphValue {
    if (!this.#entries.has(info.dataId)) this.#adopt(info);
    const entry = this.#entries.get(info.dataId);
    if (entry === undefined)
      throw new TraceError(
        this.#program,
        `${this.#kernel} expected a live tensor, got a disposed one`,
      );
    return entry.value;
  }

  /** Wraps a graph value as a tensor with one reference. */
  tensorInfo(value: GraphValue): TensorInfo {
    if (value.type === "int64")
      throw new TraceError(this.#program, `${this.#kernel} expected a tfjs dtype, got int64`);
    const dataId = {};
    this.#entries.set(dataId, { value, refCount: 1 });
    return { dataId, shape: [...value.shape], dtype: value.type };
  }

  override write(values: unknown, shape: number[], dtype: DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: object,
    values: unknown,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const data = toTensorData(values, dtype);
    if (data === undefined)
      throw new TraceError(this.#program, `expected float32, int32 or bool values, got ${dtype}`);
    this.#entries.set(dataId, { value: this.builder.constant(data, shape), refCount });
  }

  /** Constants can be read while tracing; anything that depends on an input cannot. */
  override readSync(dataId: object): TensorData {
    const value = this.#entries.get(dataId)?.value;
    const constant = value?.constant;
    if (value === undefined || constant === undefined || value.type === "int64")
      throw new TraceError(
        this.#program,
        `a program may not read the value of a tensor that depends on its inputs, got a read of the output of ${value?.node?.op ?? "an input"} (${value?.name ?? "unknown"})`,
      );
    if (constant.kind === "dense" && !(constant.data instanceof BigInt64Array))
      return constant.data;
    const size = sizeOfShape(value.shape);
    const element = constant.kind === "splat" ? constant.value : 0;
    if (value.type === "float32") return new Float32Array(size).fill(element);
    return value.type === "int32"
      ? new Int32Array(size).fill(element)
      : new Uint8Array(size).fill(element);
  }

  /** Throws at the call, not in a promise: a body that awaits has already gone wrong. */
  override read(dataId: object): Promise<TensorData> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(dataId: object, force = false): boolean {
    const entry = this.#entries.get(dataId);
    if (entry === undefined) return true;
    entry.refCount -= 1;
    if (!force && entry.refCount > 0) return false;
    this.#entries.delete(dataId);
    return true;
  }

  override incRef(dataId: object): void {
    const entry = this.#entries.get(dataId);
    if (entry !== undefined) entry.refCount += 1;
  }

  override refCount(dataId: object): number {
    return this.#entries.get(dataId)?.refCount ?? 0;
  }

  override numDataIds(): number {
    return this.#entries.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.end();
  }

  /**
   * A tensor made on another backend and closed over by a body becomes a constant. Read, not moved:
   * tfjs would otherwise take its data away from the backend it lives on.
   */
  #adopt(info: TensorInfo): void {
    this.move(info.dataId, tf.engine().readSync(info.dataId), info.shape, info.dtype, 1);
  }
}

function toTensorData(values: unknown, dtype: DataType): TensorData | undefined {
  if (values instanceof Float32Array || values instanceof Int32Array) {
    if (dtype === "float32")
      return values instanceof Float32Array ? values : Float32Array.from(values);
    if (dtype === "int32") return values instanceof Int32Array ? values : Int32Array.from(values);
  }
  if (values instanceof Uint8Array) {
    if (dtype === "bool") return values;
    if (dtype === "int32") return Int32Array.from(values);
    if (dtype === "float32") return Float32Array.from(values);
  }
  if (Array.isArray(values) || ArrayBuffer.isView(values)) {
    const numbers = Array.from(values as ArrayLike<number>, Number);
    if (dtype === "float32") return Float32Array.from(numbers);
    if (dtype === "int32") return Int32Array.from(numbers);
    if (dtype === "bool") return Uint8Array.from(numbers);
  }
  return undefined;
}
